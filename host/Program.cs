using Uss.Host.Cli;

return await Entry.RunAsync(args, Console.Out, Console.Error);
