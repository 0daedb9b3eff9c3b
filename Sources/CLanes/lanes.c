/* A C target needs one source file; the header is the content. */
#include "lanes.h"
