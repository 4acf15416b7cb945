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
    /// The file is opened, and migrated, when the store is first resolved. That throws a <see cref="FlowException"/>: <c>store-in-use</c> when another process has it,
    /// <c>store-corrupt</c>, <c>store-too-new</c>, or <c>store-unavailable</c> when it cannot be opened or written.
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
        return builder;
    }
}
