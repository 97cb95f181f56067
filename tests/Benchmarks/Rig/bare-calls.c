// The least that a server of 4 KiB blocks can do at depth 1: take 48 bytes from a connection, read one block of a file past the page
// cache, send a 48-byte answer with it. No protocol, no checks, no other task, and the three calls of the kernel that do it directly.
//
//     bare-calls FILE SECONDS
//
// prints "OPERATIONS SECONDS USER_US KERNEL_US P50_NS P99_NS P999_NS": the server's CPU in all, and the latency that the client saw.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 48, BLOCK = 4096, ANSWER = HEADER + BLOCK, MOST = 1 << 24 };

static long now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static long us(struct timeval time)
{
    return time.tv_sec * 1000000L + time.tv_usec;
}

// Until the client has gone; then tells what it took.
static void serve(int listener, const char *path, int report)
{
    int client = accept(listener, NULL, NULL), one = 1;
    must(client >= 0, "accept");
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int file = open(path, O_RDONLY | O_DIRECT);
    must(file >= 0, path);
    long blocks = lseek(file, 0, SEEK_END) / BLOCK;
    char *pages, header[HEADER];
    must(posix_memalign((void **)&pages, BLOCK, 2 * BLOCK) == 0, "memory");
    memset(pages, 0, 2 * BLOCK);

    // The block is read to the start of a page, and the answer's header stands right before it.
    char *answer = pages + BLOCK - HEADER;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    while (recv(client, header, HEADER, MSG_WAITALL) == HEADER)
    {
        must(pread(file, pages + BLOCK, BLOCK, (lrand48() % blocks) * BLOCK) == BLOCK, "pread");
        must(send(client, answer, ANSWER, MSG_NOSIGNAL) == ANSWER, "send");
    }

    getrusage(RUSAGE_SELF, &after);
    long taken[2] = { us(after.ru_utime) - us(before.ru_utime), us(after.ru_stime) - us(before.ru_stime) };
    must(write(report, taken, sizeof taken) == sizeof taken, "pipe");
    exit(0);
}

static int by_length(const void *left, const void *right)
{
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments)
{
    must(count == 3, "usage: bare-calls FILE SECONDS");
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), report[2], one = 1;
    must(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0, "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &length) == 0 && pipe(report) == 0, "pipe");
    if (fork() == 0)
        serve(listener, arguments[1], report[1]);
    close(report[1]);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(server, (struct sockaddr *)&address, length) == 0, "connect");
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

    static char question[HEADER], answer[ANSWER];
    unsigned *took = malloc(MOST * sizeof *took);
    long operations = 0, began = now_ns(), at = began, until = began + atol(arguments[2]) * 1000000000L;
    while (at < until && operations < MOST)
    {
        must(send(server, question, HEADER, MSG_NOSIGNAL) == HEADER, "send");
        must(recv(server, answer, ANSWER, MSG_WAITALL) == ANSWER, "recv");
        long ended = now_ns();
        took[operations++] = (unsigned)(ended - at);
        at = ended;
    }

    close(server);
    long taken[2];
    must(read(report[0], taken, sizeof taken) == sizeof taken, "the server's report");
    wait(NULL);
    qsort(took, operations, sizeof *took, by_length);
    printf("%ld %.6f %ld %ld %u %u %u\n", operations, (at - began) / 1e9, taken[0], taken[1],
        took[operations / 2], took[operations * 99 / 100], took[operations * 999 / 1000]);
    return 0;
}
