// libvterm, and a cell without unions and bit fields, which Swift's C importer treats badly.
#pragma once
#include <vterm.h>

enum {
  CVTERM_COLOR_DEFAULT = 0,
  CVTERM_COLOR_INDEXED = 1,
  CVTERM_COLOR_RGB = 2,
};

enum {
  CVTERM_BOLD = 1,
  CVTERM_UNDERLINE = 2,
  CVTERM_ITALIC = 4,
  CVTERM_BLINK = 8,
  CVTERM_REVERSE = 16,
  CVTERM_STRIKE = 32,
};

typedef struct {
  uint32_t chars[VTERM_MAX_CHARS_PER_CELL];
  uint8_t width;
  uint8_t attributes;
  uint8_t foreground_kind;
  uint8_t background_kind;
  uint32_t foreground; // index, or 0xRRGGBB
  uint32_t background;
} CVTermFlatCell;

static inline void cvterm_flatten_color(VTermColor color, int is_default, uint8_t *kind, uint32_t *value) {
  if (is_default) {
    *kind = CVTERM_COLOR_DEFAULT;
    *value = 0;
  } else if (VTERM_COLOR_IS_INDEXED(&color)) {
    *kind = CVTERM_COLOR_INDEXED;
    *value = color.indexed.idx;
  } else {
    *kind = CVTERM_COLOR_RGB;
    *value = (uint32_t)color.rgb.red << 16 | (uint32_t)color.rgb.green << 8 | color.rgb.blue;
  }
}

static inline CVTermFlatCell cvterm_flatten(const VTermScreenCell *cell) {
  CVTermFlatCell flat = {0};
  for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL; i++) {
    flat.chars[i] = cell->chars[i];
    if (!cell->chars[i]) break;
  }
  flat.width = (uint8_t)cell->width;
  flat.attributes = (cell->attrs.bold ? CVTERM_BOLD : 0) | (cell->attrs.underline ? CVTERM_UNDERLINE : 0) |
                    (cell->attrs.italic ? CVTERM_ITALIC : 0) | (cell->attrs.blink ? CVTERM_BLINK : 0) |
                    (cell->attrs.reverse ? CVTERM_REVERSE : 0) | (cell->attrs.strike ? CVTERM_STRIKE : 0);
  cvterm_flatten_color(cell->fg, VTERM_COLOR_IS_DEFAULT_FG(&cell->fg), &flat.foreground_kind, &flat.foreground);
  cvterm_flatten_color(cell->bg, VTERM_COLOR_IS_DEFAULT_BG(&cell->bg), &flat.background_kind, &flat.background);
  return flat;
}
