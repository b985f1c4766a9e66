
/*
 * A stack costs two mappings (the kernel allows 65,530 a process by default)
 * and the pages that were touched; the rest is address space only.
 */


#include "fiber/rb_stack.h"

#include <signal.h>
#include <sys/mman.h>


#if defined(__SANITIZE_ADDRESS__)
#define RB_STACK_ASAN  1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RB_STACK_ASAN  1
#endif
#endif


#define RB_STACK_SIGNAL_SIZE  16384


u_char *
rb_stack_map(size_t size, ngx_log_t *log)
{
    u_char  *p;

    p = mmap(NULL, size + ngx_pagesize, PROT_READ|PROT_WRITE,
             MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_STACK, -1, 0);

    if (p == MAP_FAILED) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "mmap() of a fiber's stack failed; if it is the number "
                      "of mappings, raise vm.max_map_count or lower "
                      "\"resortbite_fibers\"");
        return NULL;
    }

    if (mprotect(p, ngx_pagesize, PROT_NONE) == -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "mprotect() of a fiber's guard page failed");
        (void) munmap(p, size + ngx_pagesize);
        return NULL;
    }

    return p + ngx_pagesize;
}


void
rb_stack_unmap(u_char *base, size_t size, ngx_log_t *log)
{
    if (munmap(base - ngx_pagesize, size + ngx_pagesize) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "munmap() of a fiber's stack failed");
    }
}


#if (RB_STACK_ASAN)

/* The sanitizer has a handler of its own, and says more. */

ngx_int_t
rb_stack_watch(u_char *volatile *base, ngx_log_t *log)
{
    return NGX_OK;
}

#else

static u_char *volatile  *rb_stack_watched;
static int                rb_stack_log_fd;


static void
rb_stack_fault(int signo, siginfo_t *info, void *context)
{
    u_char  *addr, *base;
    ssize_t  n;

    static const char  message[] =
        "resortbite: a fiber overflowed its stack: recursion without a limit, "
        "or \"resortbite_fibers\" with too small a \"stack=\"\n";

    addr = info->si_addr;
    base = *rb_stack_watched;

    if (base != NULL && addr < base && addr >= base - ngx_pagesize) {
        n = write(rb_stack_log_fd, message, sizeof(message) - 1);
        (void) n;
    }

    /* SA_RESETHAND: the instruction faults again, and ends the process */
}


ngx_int_t
rb_stack_watch(u_char *volatile *base, ngx_log_t *log)
{
    stack_t           ss;
    struct sigaction  sa;

    rb_stack_watched = base;
    rb_stack_log_fd = log->file ? log->file->fd : STDERR_FILENO;

    ngx_memzero(&ss, sizeof(stack_t));
    ss.ss_size = RB_STACK_SIGNAL_SIZE;
    ss.ss_sp = ngx_alloc(ss.ss_size, log);

    if (ss.ss_sp == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&sa, sizeof(struct sigaction));
    sa.sa_sigaction = rb_stack_fault;
    sa.sa_flags = SA_SIGINFO|SA_ONSTACK|SA_RESETHAND;
    sigemptyset(&sa.sa_mask);

    if (sigaltstack(&ss, NULL) == -1 || sigaction(SIGSEGV, &sa, NULL) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "no handler for stack overflows");
        return NGX_ERROR;
    }

    return NGX_OK;
}

#endif
