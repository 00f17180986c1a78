// The little of a C library that a freestanding guest needs.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

void *memset(void *to, int byte, size_t count);
void *memcpy(void *to, const void *from, size_t count);
size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
bool text_has_prefix(const char *text, const char *prefix);
/// The next word of `*cursor`, terminated in place and skipped, or NULL at the end.
char *text_next_word(char **cursor);
/// Reads a decimal number that fills `text`; false if it isn't one.
bool text_number(const char *text, u64 *number);

/// printf's %s %c %u %d %x for 64-bit arguments and %0Nu, one character at a time to `put`.
void text_format(void (*put)(char), const char *format, va_list arguments);
