using Flow.Secrets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Flow.AspNetCore.Secrets;

/// <summary>Before anything starts: the keys are kept well enough, and work. The first secret is too late to find out.</summary>
internal sealed class SecretKeyCheck(SecretKeyRing keys, ISecretProtector protector, IHostEnvironment host, IWebHostEnvironment? web = null) : IHostedLifecycleService
{
    private const string Purpose = "start-up check";

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (protector is not DataProtectionSecretProtector) return Task.CompletedTask;   // the host brought its own
        if (!host.IsDevelopment() && SecretKeyProblems.Of(keys, web?.WebRootPath).ToList() is { Count: > 0 } problems) throw new OptionsValidationException("Flow", typeof(SecretKeyOptions), problems);
        protector.Unprotect(Purpose, protector.Protect(Purpose, "works"));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
