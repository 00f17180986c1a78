#include "text.h"

void *memset(void *to, int byte, size_t count) {
  u8 *bytes = to;
  while (count--) *bytes++ = (u8)byte;
  return to;
}

void *memcpy(void *to, const void *from, size_t count) {
  u8 *target = to;
  const u8 *source = from;
  while (count--) *target++ = *source++;
  return to;
}

size_t text_length(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

bool text_equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

bool text_has_prefix(const char *text, const char *prefix) {
  while (*prefix && *text == *prefix) text++, prefix++;
  return !*prefix;
}

char *text_next_word(char **cursor) {
  char *word = *cursor;
  while (*word == ' ') word++;
  char *end = word;
  while (*end && *end != ' ') end++;
  *cursor = *end ? end + 1 : end;
  *end = 0;
  return *word ? word : NULL;
}

bool text_number(const char *text, u64 *number) {
  u64 value = 0;
  if (!*text) return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9' || value > 100000000000ull) return false;
    value = value * 10 + (u64)(*text - '0');
  }
  *number = value;
  return true;
}

static void put_number(void (*put)(char), u64 value, u32 base, u32 width) {
  char digits[24];
  u32 count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value || (count < width && count < sizeof digits));
  while (count) put(digits[--count]);
}

void text_format(void (*put)(char), const char *format, va_list arguments) {
  for (; *format; format++) {
    if (*format != '%') {
      put(*format);
      continue;
    }
    u32 width = 0;
    for (format++; *format >= '0' && *format <= '9'; format++) width = width * 10 + (u32)(*format - '0');
    switch (*format) {
    case 's':
      for (const char *text = va_arg(arguments, const char *); *text; text++) put(*text);
      break;
    case 'c': put((char)va_arg(arguments, int)); break;
    case 'd': {
      int64_t value = va_arg(arguments, int64_t);
      if (value < 0) put('-');
      put_number(put, value < 0 ? -(u64)value : (u64)value, 10, width);
      break;
    }
    case 'u': put_number(put, va_arg(arguments, u64), 10, width); break;
    case 'x': put_number(put, va_arg(arguments, u64), 16, width); break;
    case 0: return;
    default: put(*format); break;
    }
  }
}
