// The shims of this module are inline; a module needs one file to compile.
#include "CEngine.h"
