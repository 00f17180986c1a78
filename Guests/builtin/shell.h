#pragma once

void shell_prompt(void);
/// Takes one typed character.
void shell_type(char character);
/// Obeys what the kernel command line says: `burn=PERCENT fill=MIB smp`.
void shell_boot_options(char *arguments);
