// The side of a peer in C: what task.Serve is for Go.
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

// One computation, as task.Spec has it.
struct spec {
	char kind[16], act[16], loss[16];
	long n, batch;
	int layers; // matrices
	long sizes[8];
};

// The numbers that a task begins with. What a task has none of is empty.
struct data {
	float *w, *g, *x, *t;
	int32_t *y;
	double *points;
	size_t nw, ng, nx, nt, ny, npoints;
};

// A task that is ready. Result returns how many numbers it has put to *out,
// which serve.c frees.
struct task {
	void *self;
	void (*reset)(void *self);
	void (*run)(void *self, long n);
	size_t (*result)(void *self, double **out);
	void (*drop)(void *self);
};

// What the peer calls itself.
void about(char *text, size_t size);

// Opens a task and returns 1, or 0 if it is none of the peer's.
int open_task(const struct spec *s, const struct data *d, struct task *t);

// Memory, on 64 bytes, or the end of the process.
void *memory(size_t bytes);

// Appends n floats to out at *at.
void widen(double *out, size_t *at, const float *x, size_t n);

enum { SHOWN = 100000 };
#define LR 0.01f
#define ADAM_LR 1e-3

#endif
