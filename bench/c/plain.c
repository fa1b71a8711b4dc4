// The peer without a library: functions of numbers and of vectors.
#include "bench.h"

#include <stdio.h>

int open_points(const struct spec *s, const struct data *d, struct task *t);
int open_vector(const struct spec *s, const struct data *d, struct task *t);

void about(char *text, size_t size) { snprintf(text, size, "gcc %s", __VERSION__); }

int open_task(const struct spec *s, const struct data *d, struct task *t) {
	return open_points(s, d, t) || open_vector(s, d, t);
}
