#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *memory(size_t bytes) {
	void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);
	if (!p) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	memset(p, 0, bytes);
	return p;
}

void widen(double *out, size_t *at, const float *x, size_t n) {
	for (size_t i = 0; i < n; i++)
		out[(*at)++] = x[i];
}

// Reads a whole file of numbers that are each `width` bytes wide.
static void *read_file(const char *name, size_t width, size_t *n) {
	FILE *f = fopen(name, "rb");
	*n = 0;
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f) / width;
	rewind(f);
	void *p = memory(*n * width + 1);
	if (fread(p, width, *n, f) != *n)
		*n = 0;
	fclose(f);
	return p;
}

static void read_data(struct data *d) {
	d->w = read_file("w.bin", 4, &d->nw);
	d->g = read_file("g.bin", 4, &d->ng);
	d->x = read_file("x.bin", 4, &d->nx);
	d->t = read_file("t.bin", 4, &d->nt);
	d->y = read_file("y.bin", 4, &d->ny);
	d->points = read_file("points.bin", 8, &d->npoints);
}

static void free_data(struct data *d) {
	free(d->w), free(d->g), free(d->x), free(d->t), free(d->y), free(d->points);
	memset(d, 0, sizeof *d);
}

static int parse(char *words, struct spec *s) {
	memset(s, 0, sizeof *s);
	int used = 0;
	if (sscanf(words, "%15s%n", s->kind, &used) != 1)
		return 0;
	words += used;
	if (strcmp(s->kind, "step") && strcmp(s->kind, "forward"))
		return sscanf(words, "%ld", &s->n) == 1;
	if (sscanf(words, "%15s %15s %ld%n", s->act, s->loss, &s->batch, &used) != 3)
		return 0;
	words += used;
	s->layers = -1;
	while (s->layers < 7 && sscanf(words, "%ld%n", &s->sizes[s->layers + 1], &used) == 1) {
		s->layers++;
		words += used;
	}
	return s->layers > 0;
}

static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int write_result(struct task *t) {
	double *out = NULL;
	size_t n = t->result(t->self, &out);
	FILE *f = fopen("out.bin", "wb");
	int ok = f && fwrite(out, sizeof *out, n, f) == n;
	if (f)
		ok &= fclose(f) == 0;
	free(out);
	return ok;
}

int main(void) {
	char line[1024], text[256];
	struct data data = {0};
	struct task task = {0};
	while (fgets(line, sizeof line, stdin)) {
		long n;
		struct spec spec;
		if (!strncmp(line, "about", 5)) {
			about(text, sizeof text);
			printf("ok %s\n", text);
		} else if (!strncmp(line, "load ", 5)) {
			if (!parse(line + 5, &spec)) {
				printf("error no task: %s", line);
			} else {
				read_data(&data);
				if (open_task(&spec, &data, &task)) {
					printf("ok\n");
				} else {
					free_data(&data);
					printf("none\n");
				}
			}
		} else if (!strncmp(line, "drop", 4)) {
			if (task.drop)
				task.drop(task.self);
			memset(&task, 0, sizeof task);
			free_data(&data);
			printf("ok\n");
		} else if (task.run && (sscanf(line, "run %ld", &n) == 1 || sscanf(line, "check %ld", &n) == 1)) {
			task.reset(task.self);
			long long start = now();
			task.run(task.self, n);
			long long took = now() - start;
			if (line[0] == 'r')
				printf("ok %lld\n", took);
			else
				printf(write_result(&task) ? "ok\n" : "error cannot write out.bin\n");
		} else {
			printf("error cannot do now: %s", line);
		}
		fflush(stdout);
	}
	return 0;
}
