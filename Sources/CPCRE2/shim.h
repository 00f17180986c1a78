// PCRE2 for UTF-8. Its own names are macros that Swift doesn't see; those with the width are functions.
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
