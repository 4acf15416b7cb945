using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>What an instance is called on the server: always the same for one id, and nothing of the id's text.</summary>
/// <param name="Owner">The role that owns the database and all in it; the database has the same name.</param>
/// <param name="Lock">The advisory lock of everybody who changes the instance.</param>
internal sealed record InstanceNames(string Owner, long Lock)
{
    public string Database => Owner;

    /// <summary>Two logins in turn: while one is given out, the other's credentials run out.</summary>
    public string Login(long rotation) => $"{Owner}_{(rotation % 2 == 0 ? 'a' : 'b')}";

    public static InstanceNames Of(string prefix, string id)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        // 125 bits; 20 + 25 + 2 characters are well below the server's 63.
        return new(prefix + Base32.Of(hash)[..25], BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"flow-addon\n{prefix}\n{id}"))));
    }
}

/// <summary>Lower-case letters and the digits 2 to 7: needs no escaping in SQL, URLs or shells.</summary>
internal static class Base32
{
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 8 / 5 + 1);
        int bits = 0, held = 0;
        foreach (var b in bytes)
        {
            held = (held << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5) text.Append("abcdefghijklmnopqrstuvwxyz234567"[(held >> (bits - 5)) & 31]);
            held &= (1 << bits) - 1;
        }
        return text.ToString();
    }
}
