namespace Flow.Providers.Local;

/// <summary>Where and how the local providers work. Section <c>Flow:Local</c>.</summary>
public sealed class LocalOptions
{
    /// <summary>Directory that belongs to Flow alone: mirrors, artifacts, builds, running apps, add-on data. Given mode 0700, also when it exists already.</summary>
    public string DataDirectory { get; set; } = "flow-data";

    /// <summary>Directory with seeds of SQLite add-ons, <c>NAME.sqlite</c>: what an instance with that seed begins with. Never written to. Null: there are none.</summary>
    public string? SeedDirectory { get; set; }

    /// <summary>
    /// Program and first arguments that start a supervisor; empty: this host's own binary. A host must hand its arguments to
    /// <c>FlowSupervisor.TryRun</c> first thing in <c>Program.cs</c>.
    /// </summary>
    public IList<string> SupervisorCommand { get; } = [];

    /// <summary>Names of environment variables of the host that builds and apps may see, beside PATH, HOME, LANG, TZ, TMPDIR and DOTNET_ROOT.</summary>
    public IList<string> InheritedVariables { get; } = [];

    /// <summary>
    /// How many supervisor processes wait for their first command, 0 to 16; each takes about 40 MB, half of it shared. A command that finds one starts about 0.1 s sooner. None is
    /// started before the first command.
    /// </summary>
    public int SpareSupervisors { get; set; } = 2;
}
