// The 16550 console behind the PLIC.
#pragma once
#include "../common/text.h"

void console_start(void);
void console_put(char character);
/// text_format to the console; integers are 64 bits wide.
void print(const char *format, ...);
/// A character that has come in, or -1.
int console_get(void);
bool console_has_input(void);
/// Serves the external interrupt of the boot hart.
void console_interrupt(void);
