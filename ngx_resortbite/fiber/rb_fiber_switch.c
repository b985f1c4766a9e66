
/*
 * The register sets and their order on the stack are known to this file only:
 * rb_fiber_switch_prepare() lays out by hand what the assembly pops.
 */


#include "fiber/rb_fiber_switch.h"


#if defined(__x86_64__)

#define RB_SWITCH_SAVED  6              /* rbp, rbx, r12 to r15 */

__asm__ (
    ".text\n"
    ".globl rb_fiber_switch\n"
    ".hidden rb_fiber_switch\n"
    ".type rb_fiber_switch, @function\n"
    ".p2align 4\n"
    "rb_fiber_switch:\n"
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq  %rsp, (%rdi)\n"
    "    movq  %rsi, %rsp\n"
    "    popq  %r15\n"
    "    popq  %r14\n"
    "    popq  %r13\n"
    "    popq  %r12\n"
    "    popq  %rbx\n"
    "    popq  %rbp\n"
    "    ret\n"
    ".size rb_fiber_switch, .-rb_fiber_switch\n"
);


void *
rb_fiber_switch_prepare(u_char *top, void (*entry)(void))
{
    void  **sp;

    /* entry() starts as if called: its return address at 16n + 8 */

    sp = (void **) ((uintptr_t) top & ~(uintptr_t) 15);

    *--sp = NULL;                       /* ends a debugger's backtrace */
    *--sp = (void *) (uintptr_t) entry;

    sp -= RB_SWITCH_SAVED;
    ngx_memzero(sp, RB_SWITCH_SAVED * sizeof(void *));

    return sp;
}

#elif defined(__aarch64__)

#define RB_SWITCH_FRAME  160            /* x19 to x30, d8 to d15 */
#define RB_SWITCH_LR     11             /* x30's place, in words */

__asm__ (
    ".text\n"
    ".globl rb_fiber_switch\n"
    ".hidden rb_fiber_switch\n"
    ".type rb_fiber_switch, %function\n"
    ".p2align 4\n"
    "rb_fiber_switch:\n"
    "    sub  sp, sp, #160\n"
    "    stp  x19, x20, [sp, #0]\n"
    "    stp  x21, x22, [sp, #16]\n"
    "    stp  x23, x24, [sp, #32]\n"
    "    stp  x25, x26, [sp, #48]\n"
    "    stp  x27, x28, [sp, #64]\n"
    "    stp  x29, x30, [sp, #80]\n"
    "    stp  d8,  d9,  [sp, #96]\n"
    "    stp  d10, d11, [sp, #112]\n"
    "    stp  d12, d13, [sp, #128]\n"
    "    stp  d14, d15, [sp, #144]\n"
    "    mov  x9, sp\n"
    "    str  x9, [x0]\n"
    "    mov  sp, x1\n"
    "    ldp  x19, x20, [sp, #0]\n"
    "    ldp  x21, x22, [sp, #16]\n"
    "    ldp  x23, x24, [sp, #32]\n"
    "    ldp  x25, x26, [sp, #48]\n"
    "    ldp  x27, x28, [sp, #64]\n"
    "    ldp  x29, x30, [sp, #80]\n"
    "    ldp  d8,  d9,  [sp, #96]\n"
    "    ldp  d10, d11, [sp, #112]\n"
    "    ldp  d12, d13, [sp, #128]\n"
    "    ldp  d14, d15, [sp, #144]\n"
    "    add  sp, sp, #160\n"
    "    ret\n"
    ".size rb_fiber_switch, .-rb_fiber_switch\n"
);


void *
rb_fiber_switch_prepare(u_char *top, void (*entry)(void))
{
    void  **sp;

    sp = (void **) (((uintptr_t) top & ~(uintptr_t) 15) - RB_SWITCH_FRAME);

    ngx_memzero(sp, RB_SWITCH_FRAME);
    sp[RB_SWITCH_LR] = (void *) (uintptr_t) entry;

    return sp;
}

#else
#error "fibers are written for x86-64 and aarch64: add this processor here"
#endif
