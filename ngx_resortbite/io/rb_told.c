
/* Who counts writes to it; there is nothing to do but to hold it. */


#include "io/rb_told.h"


rb_told_t  rb_told;
