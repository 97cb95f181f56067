/*
 * Lets Debian's User Mode Linux run on processors whose register state is larger than the buffer that it was built for (those with AMX).
 *
 * Such a kernel reads the first bytes of a guest process's extended registers (PTRACE_GETREGSET) and later writes as many back
 * (PTRACE_SETREGSET), which the host refuses: it takes the whole state or nothing. Loaded with LD_PRELOAD, this completes a
 * partial write with what the process has in the rest of its registers.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

enum {
    /* Offset of the bit map of components in use (Intel SDM volume 1, 13.4.2), after the 512 bytes of the legacy region. */
    COMPONENTS_IN_USE = 512,
    /* Components 0 to 16 (up to AVX-512 and protection keys) lie in the 2,696 bytes that the kernel keeps; 17 and 18 are AMX. */
    COMPONENTS_KEPT = (1 << 17) - 1,
    STATE_SIZE_MAX = 64 * 1024,
};

long ptrace(enum __ptrace_request request, ...)
{
    static long (*next)(enum __ptrace_request, pid_t, void *, void *);
    static unsigned char whole[STATE_SIZE_MAX];
    va_list arguments;
    va_start(arguments, request);
    pid_t process = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);
    if (!next)
        next = dlsym(RTLD_NEXT, "ptrace");

    if (request == PTRACE_SETREGSET && (unsigned long)address == NT_X86_XSTATE) {
        struct iovec *given = data;
        struct iovec state = { whole, sizeof whole };
        if (next(PTRACE_GETREGSET, process, address, &state) == 0 && state.iov_len > given->iov_len) {
            unsigned long in_use, in_use_given;
            memcpy(&in_use, whole + COMPONENTS_IN_USE, sizeof in_use);
            memcpy(whole, given->iov_base, given->iov_len);
            memcpy(&in_use_given, whole + COMPONENTS_IN_USE, sizeof in_use_given);
            in_use_given = (in_use_given & COMPONENTS_KEPT) | (in_use & ~(unsigned long)COMPONENTS_KEPT);
            memcpy(whole + COMPONENTS_IN_USE, &in_use_given, sizeof in_use_given);
            return next(request, process, address, &state);
        }
    }

    return next(request, process, address, data);
}
