/* A disk with a volatile cache: a file (over FUSE, mounted on the file's own name) whose writes stay in this process until a
   flush is asked for. Of each write, whole or in part, some sectors reach the file at once, so that killing the process leaves
   what a power cut leaves: all that was flushed, and of the rest some sectors, from writes of any order.

   volatile-disk FILE CONTROL SEED

   CONTROL is a file of 64-bit numbers that the test and this process share:
     0  mode: 0 as above; 1: writes and flushes fail with EIO; 2: flushes succeed and do nothing
     1  sectors that would be lost now
     2  flushes so far */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
#define PAGE 4096
#define SECTORS (PAGE / SECTOR)
#define LARGEST (1 << 20)

enum { MODE, UNFLUSHED, FLUSHES, CONTROL_WORDS };
enum { HONEST, FAILS, LIES };

struct page {
    uint8_t bytes[PAGE];
    uint64_t index;
    uint8_t dirty; /* bit a sector: it differs from the file */
};

static int kernel, file;
static volatile int64_t *control;
static struct page **pages, **dirty;
static uint64_t page_count, dirty_count, dirty_room, random_state;
static uint8_t request[LARGEST + PAGE] __attribute__((aligned(PAGE))), transfer[LARGEST] __attribute__((aligned(PAGE)));

static void fail(const char *what)
{
    fprintf(stderr, "volatile-disk: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t next_random(void)
{
    uint64_t mixed = random_state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

static void resize(uint64_t bytes)
{
    uint64_t count = (bytes + PAGE - 1) / PAGE;
    if (count <= page_count)
        return;
    pages = realloc(pages, count * sizeof *pages);
    if (!pages)
        fail("memory");
    memset(pages + page_count, 0, (count - page_count) * sizeof *pages);
    page_count = count;
}

static int put(const void *bytes, size_t length, uint64_t offset)
{
    ssize_t written = pwrite(file, bytes, length, offset);
    return written == (ssize_t)length ? 0 : written < 0 ? -errno : -ENOSPC;
}

static void mark(struct page *page, uint8_t sectors)
{
    control[UNFLUSHED] += __builtin_popcount(sectors) - __builtin_popcount(page->dirty);
    page->dirty = sectors;
}

/* The sectors of the page that are not in the file yet reach it. */
static int destage(struct page *page)
{
    int error = 0;
    for (int sector = 0; sector < SECTORS && !error; sector++)
        if (page->dirty & (1 << sector))
            error = put(page->bytes + sector * SECTOR, SECTOR, page->index * PAGE + sector * SECTOR);
    if (!error)
        mark(page, 0);
    return error;
}

/* A page that is listed as dirty. */
static struct page *page_at(uint64_t index)
{
    if (pages[index])
        return pages[index];
    struct page *page = calloc(1, sizeof *page);
    if (dirty_count == dirty_room)
        dirty = realloc(dirty, (dirty_room = dirty_room * 2 + 1024) * sizeof *dirty);
    if (!page || !dirty)
        fail("memory");
    page->index = index;
    return dirty[dirty_count++] = pages[index] = page;
}

static int write_sectors(const uint8_t *bytes, uint64_t offset, uint32_t length)
{
    if (control[MODE] == FAILS)
        return -EIO;
    if ((offset | length) % SECTOR)
        return -EINVAL;
    resize(offset + length);
    unsigned fate = next_random() % 8; /* of the whole write: 0 reaches the file, 1 and 2 do in part, others stay here */
    for (uint32_t done = 0; done < length; done += SECTOR) {
        uint64_t at = offset + done;
        int sector = at % PAGE / SECTOR;
        int is_early = fate == 0 || (fate <= 2 && next_random() % 2);
        struct page *page = is_early ? pages[at / PAGE] : page_at(at / PAGE);
        int error = is_early ? put(bytes + done, SECTOR, at) : 0;
        if (error)
            return error;
        if (!is_early)
            memcpy(page->bytes + sector * SECTOR, bytes + done, SECTOR);
        if (page)
            mark(page, is_early ? page->dirty & ~(1 << sector) : page->dirty | (1 << sector));
    }
    return 0;
}

static int read_sectors(uint64_t offset, uint32_t length)
{
    if (offset % SECTOR)
        return -EINVAL;
    ssize_t got = pread(file, transfer, length, offset);
    if (got < 0)
        return -errno;
    for (ssize_t done = 0; done < got; done += SECTOR) {
        uint64_t at = offset + done;
        int sector = at % PAGE / SECTOR;
        struct page *page = at / PAGE < page_count ? pages[at / PAGE] : 0;
        if (page && page->dirty & (1 << sector))
            memcpy(transfer + done, page->bytes + sector * SECTOR, SECTOR);
    }
    return got;
}

/* Page by page in random order: a kill on the way leaves a part. */
static int flush(void)
{
    struct timespec device_time = {0, 300000};
    nanosleep(&device_time, 0);
    if (control[MODE] == FAILS)
        return -EIO;
    control[FLUSHES]++;
    if (control[MODE] == LIES)
        return 0;
    while (dirty_count > 0) {
        uint64_t place = next_random() % dirty_count;
        struct page *page = dirty[place];
        int error = destage(page);
        if (error)
            return error;
        dirty[place] = dirty[--dirty_count];
        pages[page->index] = 0;
        free(page);
    }
    return 0;
}

/* Freed space is gone at once, whatever comes after. */
static int allocate(const struct fuse_fallocate_in *in)
{
    if (in->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) {
        for (uint64_t at = in->offset / SECTOR; at < (in->offset + in->length) / SECTOR && at / SECTORS < page_count; at++) {
            struct page *page = pages[at / SECTORS];
            if (page)
                mark(page, page->dirty & ~(1 << at % SECTORS));
        }
    }
    return fallocate(file, in->mode, in->offset, in->length) ? -errno : 0;
}

static void attributes(struct fuse_attr *attr)
{
    struct stat status;
    if (fstat(file, &status))
        fail("stat");
    *attr = (struct fuse_attr){
        .ino = FUSE_ROOT_ID, .size = status.st_size, .blocks = status.st_blocks, .mode = status.st_mode, .nlink = 1,
        .uid = status.st_uid, .gid = status.st_gid, .blksize = PAGE, .mtime = status.st_mtime, .ctime = status.st_ctime};
}

static void reply(uint64_t unique, int error, const void *body, size_t length)
{
    struct fuse_out_header header = {.len = sizeof header + (error ? 0 : length), .error = error, .unique = unique};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)body, length}};
    if (writev(kernel, parts, error || !length ? 1 : 2) < 0 && errno != ENOENT)
        fail("reply");
}

static void serve(const struct fuse_in_header *header, const void *body)
{
    union {
        struct fuse_init_out init;
        struct fuse_attr_out attr;
        struct fuse_open_out open;
        struct fuse_write_out write;
        struct fuse_statfs_out statfs;
    } out = {0};
    size_t length = 0;
    int error = 0;
    switch (header->opcode) {
    case FUSE_INIT: {
        const struct fuse_init_in *in = body;
        out.init = (struct fuse_init_out){
            .major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = in->max_readahead, .max_background = 64,
            .congestion_threshold = 64, .max_write = LARGEST, .max_pages = LARGEST / PAGE, .time_gran = 1,
            .flags = in->flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_ASYNC_DIO | FUSE_MAX_PAGES)};
        length = sizeof out.init;
        break;
    }
    case FUSE_SETATTR: {
        const struct fuse_setattr_in *in = body;
        if (in->valid & FATTR_SIZE) {
            resize(in->size);
            error = ftruncate(file, in->size) ? -errno : 0;
        }
    } /* fall through */
    case FUSE_GETATTR:
        attributes(&out.attr.attr);
        length = sizeof out.attr;
        break;
    case FUSE_OPEN:
        out.open.open_flags = FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES;
        length = sizeof out.open;
        break;
    case FUSE_READ: {
        const struct fuse_read_in *in = body;
        int got = read_sectors(in->offset, in->size);
        reply(header->unique, got < 0 ? got : 0, transfer, got < 0 ? 0 : got);
        return;
    }
    case FUSE_WRITE: {
        const struct fuse_write_in *in = body;
        error = write_sectors((const uint8_t *)(in + 1), in->offset, in->size);
        out.write.size = in->size;
        length = sizeof out.write;
        break;
    }
    case FUSE_FSYNC:
        error = flush();
        break;
    case FUSE_FALLOCATE:
        error = allocate(body);
        break;
    case FUSE_STATFS:
        out.statfs.st.bsize = out.statfs.st.frsize = PAGE;
        length = sizeof out.statfs;
        break;
    case FUSE_RELEASE:
    case FUSE_DESTROY:
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
        return;
    default:
        error = -ENOSYS;
    }
    reply(header->unique, error, &out, length);
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    int shared = open(arguments[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (shared < 0 || ftruncate(shared, PAGE))
        fail(arguments[2]);
    control = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    if (control == MAP_FAILED)
        fail("mmap");
    control[UNFLUSHED] = control[FLUSHES] = 0;
    random_state = strtoull(arguments[3], 0, 10);
    file = open(arguments[1], O_RDWR | O_CLOEXEC);
    kernel = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    struct stat status;
    if (file < 0 || kernel < 0 || fstat(file, &status))
        fail(arguments[1]);
    resize(status.st_size);
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=%o,user_id=0,group_id=0", kernel, status.st_mode);
    if (mount("volatile-disk", arguments[1], "fuse", MS_NOSUID | MS_NODEV, options))
        fail("mount");
    puts("ready");
    fflush(stdout);
    while (1) {
        ssize_t got = read(kernel, request, sizeof request);
        if (got > 0)
            serve((void *)request, request + sizeof(struct fuse_in_header));
        else if (errno == ENODEV)
            return 0;
        else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
            fail("read");
    }
}
