
/*
 * Switching stacks: the whole of what depends on the processor.
 *
 * rb_fiber_switch(&from, to) pushes the registers that the ABI lets a callee
 * rely on (System V AMD64 §3.2.1, AAPCS64 §6.1), stores the stack pointer
 * in *from, takes `to' as the stack pointer and pops what was pushed there.
 * Floating-point control words are not switched: nothing here changes them.
 */


#ifndef _RB_FIBER_SWITCH_H_INCLUDED_
#define _RB_FIBER_SWITCH_H_INCLUDED_


#include "base/rb_base.h"


void rb_fiber_switch(void **from, void *to);

/*
 * Prepares a stack whose highest byte is below `top' so that the first switch
 * to the pointer returned calls entry(), which must never return.
 */
void *rb_fiber_switch_prepare(u_char *top, void (*entry)(void));


#endif /* _RB_FIBER_SWITCH_H_INCLUDED_ */
