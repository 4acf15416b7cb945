using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>Passwords are derived, never kept: of the key in the options, the chance that is the instance's own, and how often it was rotated.</summary>
internal sealed class Credentials(byte[] key)
{
    // RFC 7677 asks for at least so many. Against 160 bits of chance nobody guesses anyway.
    private const int Iterations = 4_096;

    /// <summary>32 characters of a-z and 2-7: 160 bits.</summary>
    public string Password(InstanceRecord record) => Base32.Of(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"flow-postgresql-1\n{record.Salt}\n{record.Rotation}"))).AsSpan(0, 20));

    /// <summary>What the server keeps of a password (RFC 5803): so it never sees the password itself, and no log of statements has it.</summary>
    public static string Verifier(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(CultureInfo.InvariantCulture, $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }

    public override string ToString() => nameof(Credentials);
}
