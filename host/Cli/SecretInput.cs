using System.Security.Cryptography;
using System.Text;

namespace Uss.Host.Cli;

/// <summary>Gets CHAP secrets: from an option, from standard input, from the terminal without echo, or made here.</summary>
internal static class SecretInput
{
    /// <summary>Value of a secret option that means: read a line of standard input.</summary>
    public const string FromInput = "-";

    // 16 characters, because Windows takes no more; 67 different ones make them 97 bits (RFC 7143, 9.2.1 asks for 96).
    private const int GeneratedLength = 16;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_+=";

    /// <summary>Makes a secret. It begins with a letter or digit, so that no shell or option parser stumbles over it.</summary>
    public static string Generate()
    {
        while (true)
        {
            var secret = RandomNumberGenerator.GetString(Alphabet, GeneratedLength);
            if (char.IsAsciiLetterOrDigit(secret[0]))
                return secret;
        }
    }

    /// <summary>Resolves what a secret option says.</summary>
    /// <param name="given">The option's value; null when it was not given.</param>
    /// <param name="user">Whose secret, for the prompt.</param>
    /// <param name="option">The option's name, for the error.</param>
    public static string Resolve(string? given, string user, string option)
    {
        if (given == FromInput || (given is null && Console.IsInputRedirected))
        {
            var line = Console.In.ReadLine();
            if (string.IsNullOrEmpty(line))
            {
                throw CommandFailure.Usage(
                    $"There is no CHAP secret for '{user}': standard input is empty.",
                    $"Pipe the secret in, or give {option} SECRET or --generate.");
            }

            return line;
        }

        return given ?? Prompt($"CHAP secret for {user}: ");
    }

    private static string Prompt(string question)
    {
        Console.Error.Write(question);
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
