// The local providers are for Unix: process sessions, modes and links.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
