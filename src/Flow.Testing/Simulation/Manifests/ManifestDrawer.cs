namespace Flow.Testing.Simulation;

/// <summary>What the next commit says of itself: mostly what the one before said, now and then something else, at times nonsense.</summary>
internal sealed class ManifestDrawer(World world)
{
    /// <summary>Config vars that both the code and people have an opinion on.</summary>
    public static readonly string[] Names = ["V0", "V1", "V2"];

    /// <summary>Required, and without a value: somebody must supply it.</summary>
    public const string Required = "REQ";

    /// <summary>A secret that is generated.</summary>
    public const string Secret = "KEY";

    // Some repositories know nothing of app.json.
    private readonly bool any = !world.OneIn(3);
    private DrawnManifest? newest;
    private int values;

    /// <param name="harmless">Nothing in it keeps it from being deployed.</param>
    public DrawnManifest? Next(bool harmless)
    {
        if (!any || world.OneIn(20)) return null;
        if (newest is null)
        {
            newest = new() { HasPostDeploy = !world.OneIn(3), HasPredestroy = !world.OneIn(3) };
            for (var i = 0; i < 8; i++) newest = Changed(newest);
        }
        else if (world.OneIn(2)) newest = Changed(newest);
        if (harmless) return newest;
        return world.Chance.Next(24) switch
        {
            0 => newest with { Broken = true },
            1 or 2 => newest with { Env = newest.Env.SetItem(Required, new(null, Required: true)) },
            3 => newest with { Env = newest.Env.SetItem(world.Any(Names), new(null, Required: true)) },
            _ => newest,
        };
    }

    private DrawnManifest Changed(DrawnManifest manifest) => world.Chance.Next(12) switch
    {
        0 or 1 => manifest with { Env = Changed(manifest.Env) },
        2 => manifest with { ReviewEnv = Changed(manifest.ReviewEnv) },
        3 => manifest with { Env = world.OneIn(4) ? manifest.Env.Remove(Secret) : manifest.Env.SetItem(Secret, new(null, Required: world.OneIn(2), Generated: true)) },
        4 => manifest with { Web = world.Chance.Next(6) switch { 0 => 0, 1 => 2, 2 => 1, _ => null } },
        5 => manifest with { Worker = world.OneIn(2) ? null : world.Chance.Next(3) },
        6 => manifest with { HasAddOn = !manifest.HasAddOn },
        7 => manifest with { HasPostDeploy = !world.OneIn(4) },
        8 => manifest with { HasPredestroy = !world.OneIn(4) },
        9 => manifest with { HasHook = world.OneIn(2) },
        _ => manifest with { Watches = world.OneIn(2) },
    };

    private System.Collections.Immutable.ImmutableSortedDictionary<string, DrawnVar> Changed(System.Collections.Immutable.ImmutableSortedDictionary<string, DrawnVar> vars) => world.Chance.Next(5) switch
    {
        0 => vars.Remove(world.Any(Names)),
        1 => vars.SetItem(world.Any(Names), new(null, Required: false)),
        _ => vars.SetItem(world.Any(Names), new($"m{++values}", Required: world.OneIn(2), Sync: world.OneIn(3))),
    };
}
