// The wide-character ncurses API, and wrappers for what Swift's C importer leaves out. One thread only.
#pragma once
#define _XOPEN_SOURCE 700
#define _XOPEN_SOURCE_EXTENDED 1
#define _DEFAULT_SOURCE 1
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <wchar.h>

// From <term.h>, whose macros (columns, lines, ...) take over too many names.
extern int setupterm(const char *, int, int *);
extern char *tigetstr(const char *);
extern int tigetflag(const char *);

// A new screen on standard input and output for a terminal of that kind; NULL if there is no such kind.
static inline SCREEN *curses_new_screen(const char *kind) { return newterm(kind, stdout, stdin); }
static inline WINDOW *curses_screen(void) { return stdscr; }
static inline int curses_colors(void) { return COLORS; }

// A string capability, NULL if the terminal has none.
static inline const char *curses_capability(const char *name) {
  char *value = tigetstr(name);
  return value == (char *)-1 ? NULL : value;
}
static inline int curses_has_flag(const char *name) { return tigetflag(name) > 0; }

static inline int curses_is_utf8(void) {
  const char *codeset = nl_langinfo(CODESET);
  return codeset && (codeset[0] == 'U' || codeset[0] == 'u');
}

static const attr_t CURSES_BOLD = A_BOLD;
static const attr_t CURSES_DIM = A_DIM;
static const attr_t CURSES_UNDERLINE = A_UNDERLINE;
static const attr_t CURSES_REVERSE = A_REVERSE;
static const attr_t CURSES_ITALIC = A_ITALIC;
static const attr_t CURSES_BLINK = A_BLINK;

// Writes one cell; `text` ends with 0. The cell at the lower right counts as an error to ncurses though it is written.
static inline void curses_put(int row, int column, const wchar_t *text, attr_t attributes, int pair) {
  cchar_t cell;
  if (setcchar(&cell, text, attributes, (short)pair, &pair) != ERR) mvwadd_wch(stdscr, row, column, &cell);
}

enum { CURSES_NOTHING = 0, CURSES_CHARACTER = 1, CURSES_KEY = 2 };

// One key without waiting.
static inline int curses_read(unsigned *value) {
  wint_t character = 0;
  int kind = wget_wch(stdscr, &character);
  *value = (unsigned)character;
  return kind == KEY_CODE_YES ? CURSES_KEY : kind == ERR ? CURSES_NOTHING : CURSES_CHARACTER;
}

enum { CURSES_MOUSE_NONE = 0, CURSES_MOUSE_PRESS = 1, CURSES_MOUSE_WHEEL_UP = 2, CURSES_MOUSE_WHEEL_DOWN = 3 };

static inline void curses_mouse_on(void) {
  mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
  mouseinterval(0);
}

// What the mouse did, after KEY_MOUSE.
static inline int curses_read_mouse(int *row, int *column) {
  MEVENT event;
  if (getmouse(&event) != OK) return CURSES_MOUSE_NONE;
  *row = event.y;
  *column = event.x;
  if (event.bstate & BUTTON4_PRESSED) return CURSES_MOUSE_WHEEL_UP;
  if (event.bstate & BUTTON5_PRESSED) return CURSES_MOUSE_WHEEL_DOWN;
  return event.bstate & BUTTON1_PRESSED ? CURSES_MOUSE_PRESS : CURSES_MOUSE_NONE;
}

static inline int curses_window_size(int fd, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return -1;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

static inline int curses_width(unsigned scalar) { return wcwidth((wchar_t)scalar); }
