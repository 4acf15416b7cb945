using Flow.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Storage.Sqlite;

/// <summary>Registers the SQLite store.</summary>
public static class SqliteFlowBuilderExtensions
{
    /// <summary>Keeps the engine's state in one SQLite file, unless the host has registered another <see cref="IFlowStore"/>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="path">The database file, on a local disk; relative to the working directory.</param>
    public static IFlowBuilder UseSqlite(this IFlowBuilder builder, string path) => builder.UseSqlite(options => options.Path = path);

    /// <summary>Keeps the engine's state in one SQLite file, unless the host has registered another <see cref="IFlowStore"/>.</summary>
    /// <remarks>
    /// <para>The file is opened, checked and migrated when the store is first resolved. That throws a <see cref="FlowException"/>: <c>store-corrupt</c>,
    /// <c>store-too-new</c>, or <c>store-unavailable</c> when it cannot be opened or written.</para>
    /// <para>When another process has the file, the host starts and stands by (<see cref="IStoreOwnership"/>); when the disk is full, it starts and waits for room.</para>
    /// <para>Registers <see cref="ISqliteBackup"/> too.</para>
    /// </remarks>
    public static IFlowBuilder UseSqlite(this IFlowBuilder builder, Action<SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<SqliteStoreOptions>().Configure(configure).ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteStoreOptions>, SqliteStoreOptionsValidator>());
        builder.Services.TryAddSingleton<IFlowStore>(services => new SqliteFlowStore(
            services.GetRequiredService<IOptions<SqliteStoreOptions>>().Value,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<ILogger<SqliteFlowStore>>() ?? NullLogger<SqliteFlowStore>.Instance));
        builder.Services.TryAddSingleton<ISqliteBackup>(services => new SqliteBackup(
            services.GetRequiredService<IOptions<SqliteStoreOptions>>().Value,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<ILogger<SqliteBackup>>() ?? NullLogger<SqliteBackup>.Instance));
        return builder;
    }
}
