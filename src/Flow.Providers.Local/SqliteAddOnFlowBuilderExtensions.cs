using Flow.AddOns;
using Flow.DependencyInjection;
using Flow.Providers.Local.AddOns;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Flow.Providers.Local;

/// <summary>Registers the SQLite add-on.</summary>
public static class SqliteAddOnFlowBuilderExtensions
{
    /// <summary>
    /// A SQLite file for each add-on instance, below <see cref="LocalOptions.DataDirectory"/>. Apps find it by <c>DATABASE_URL</c> (<c>sqlite:///absolute/path</c>)
    /// and <c>DATABASE_PATH</c>. For apps on this machine only. Its one plan is <c>file</c>.
    /// </summary>
    public static IFlowBuilder AddSqliteAddOn(this IFlowBuilder builder, string name = "sqlite")
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLocalOptions();
        builder.Services.TryAddSingleton(TimeProvider.System);
        return builder.AddProvider<IAddOnProvisioner, SqliteAddOnProvisioner>(name);
    }
}
