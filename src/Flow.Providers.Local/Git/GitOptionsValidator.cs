using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Git;

/// <summary>All errors at once, each naming its key.</summary>
internal sealed class GitOptionsValidator : IValidateOptions<GitOptions>
{
    public ValidateOptionsResult Validate(string? name, GitOptions options)
    {
        var errors = new List<string>();
        if (options.ListTimeout <= TimeSpan.Zero) errors.Add("Flow:Git:ListTimeout must be more than zero, such as 00:01:00.");
        if (options.FetchTimeout <= TimeSpan.Zero) errors.Add("Flow:Git:FetchTimeout must be more than zero, such as 00:10:00.");
        if (options.MaxFiles < 1) errors.Add("Flow:Git:MaxFiles must be at least 1.");
        if (options.MaxBytes < 1) errors.Add("Flow:Git:MaxBytes must be at least 1.");
        if (options.RetryDelay < TimeSpan.Zero) errors.Add("Flow:Git:RetryDelay must not be negative.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
