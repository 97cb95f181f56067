// Loaded into nfs-ganesha before its libraries. It does not start without a port mapper to register with, which would have to be the
// machine's one, at port 111. The benchmark names the ports to its clients, so nobody asks a port mapper: registering succeeds at once.
int rpcb_set(void)
{
    return 1;
}

int rpcb_unset(void)
{
    return 1;
}
