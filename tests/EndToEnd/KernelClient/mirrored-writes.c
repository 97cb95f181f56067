/*
 * Preloaded into fio (libaio): what the disk DISK acknowledges is written to the disk MIRROR as well. What it refuses for lack of
 * room is not: each sector must then be on DISK as it was or as it was to be, MIRROR takes over which, and so at the end both are
 * equal byte by byte. (dm-mirror would let the refused writes succeed, on one of two disks.) One line for each refusal goes to REFUSALS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    SECTOR = 512,
    LONGEST_WRITE = 1 << 20,
};

static int disk, mirror;
static FILE *refusals;
static char *found, *before;

static void stop(const char *what, long long offset)
{
    fprintf(refusals, "%s at %lld: %s\n", what, offset, strerror(errno));
    fprintf(stderr, "%s at %lld: %s\n", what, offset, strerror(errno));
    abort();
}

__attribute__((constructor)) static void open_files(void)
{
    disk = open(getenv("DISK"), O_RDONLY | O_DIRECT | O_CLOEXEC);
    mirror = open(getenv("MIRROR"), O_RDWR | O_CLOEXEC);
    refusals = fopen(getenv("REFUSALS"), "ae");
    if (disk < 0 || mirror < 0 || !refusals || posix_memalign((void **)&found, 4096, LONGEST_WRITE)
        || posix_memalign((void **)&before, 4096, LONGEST_WRITE)) {
        perror("mirrored-writes");
        abort();
    }
    setvbuf(refusals, 0, _IOLBF, 0);
}

static void take_over(const char *wanted, long long length, long long offset)
{
    int sectors_written = 0;
    if (length > LONGEST_WRITE || pread(disk, found, length, offset) != length || pread(mirror, before, length, offset) != length)
        stop("cannot read back", offset);
    for (long long at = 0; at < length; at += SECTOR) {
        int is_new = memcmp(found + at, wanted + at, SECTOR) == 0;
        if (!is_new && memcmp(found + at, before + at, SECTOR) != 0)
            stop("neither old nor new", offset + at);
        sectors_written += is_new;
    }
    if (pwrite(mirror, found, length, offset) != length)
        stop("cannot write the mirror", offset);
    fprintf(refusals, "refused %lld at %lld, %d sectors written\n", length, offset, sectors_written);
}

int io_getevents(aio_context_t context, long least, long most, struct io_event *events, struct timespec *timeout)
{
    long count = syscall(SYS_io_getevents, context, least, most, events, timeout);
    if (count < 0)
        return -errno;
    for (long i = 0; i < count; i++) {
        const struct iocb *call = (const struct iocb *)events[i].obj;
        if (call->aio_lio_opcode != IOCB_CMD_PWRITE)
            continue;
        const char *data = (const char *)call->aio_buf;
        if (events[i].res == -ENOSPC)
            take_over(data, call->aio_nbytes, call->aio_offset);
        else if (events[i].res > 0 && pwrite(mirror, data, events[i].res, call->aio_offset) != events[i].res)
            stop("cannot write the mirror", call->aio_offset);
    }
    return count;
}
