// Functions of a vector, and Adam. Compiled with -ffast-math, so that gcc
// takes exp and its like from its vector library.
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct vector {
	char kind[16];
	size_t n;
	const float *x, *start, *g;
	float *y, *w, *m, *v;
	long step;
};

static void softmax(size_t n, const float *restrict x, float *restrict y) {
	float greatest = x[0], sum = 0;
	for (size_t i = 0; i < n; i++)
		greatest = x[i] > greatest ? x[i] : greatest;
	for (size_t i = 0; i < n; i++)
		sum += y[i] = expf(x[i] - greatest);
	float r = 1 / sum;
	for (size_t i = 0; i < n; i++)
		y[i] *= r;
}

static void adam(size_t n, long step, const float *restrict g, float *restrict w, float *restrict m, float *restrict v) {
	const float beta1 = 0.9f, beta2 = 0.999f, eps = 1e-8f;
	const float r1 = (float)(ADAM_LR / (1 - pow(0.9, step))), r2 = (float)(1 / sqrt(1 - pow(0.999, step)));
	for (size_t i = 0; i < n; i++) {
		m[i] = beta1 * m[i] + (1 - beta1) * g[i];
		v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
		w[i] -= r1 * m[i] / (sqrtf(v[i]) * r2 + eps);
	}
}

static void reset(void *self) {
	struct vector *p = self;
	p->step = 0;
	if (p->w) {
		memcpy(p->w, p->start, p->n * sizeof *p->w);
		memset(p->m, 0, p->n * sizeof *p->m);
		memset(p->v, 0, p->n * sizeof *p->v);
	}
}

#define EACH(E) \
	for (size_t i = 0; i < n; i++) \
		y[i] = E;

static void run(void *self, long times) {
	struct vector *p = self;
	size_t n = p->n;
	while (times--) {
		const float *restrict x = p->x;
		float *restrict y = p->y;
		if (!strcmp(p->kind, "exp")) {
			EACH(expf(x[i]))
		} else if (!strcmp(p->kind, "sigmoid")) {
			EACH(1 / (1 + expf(-x[i])))
		} else if (!strcmp(p->kind, "tanh")) {
			EACH(tanhf(x[i]))
		} else if (!strcmp(p->kind, "log")) {
			EACH(logf(x[i]))
		} else if (!strcmp(p->kind, "softmax")) {
			softmax(n, x, y);
		} else {
			adam(n, ++p->step, p->g, p->w, p->m, p->v);
		}
		__asm__ volatile("" ::: "memory"); // the next time is not this one
	}
}

static size_t result(void *self, double **out) {
	struct vector *p = self;
	size_t at = 0;
	if (!p->w) {
		*out = memory(p->n * sizeof **out);
		widen(*out, &at, p->y, p->n);
		return at;
	}
	size_t n = p->n < SHOWN ? p->n : SHOWN;
	*out = memory(3 * n * sizeof **out);
	widen(*out, &at, p->w, n);
	widen(*out, &at, p->m, n);
	widen(*out, &at, p->v, n);
	return at;
}

static void drop(void *self) {
	struct vector *p = self;
	free(p->y), free(p->w), free(p->m), free(p->v), free(p);
}

int open_vector(const struct spec *s, const struct data *d, struct task *t) {
	static const char *kinds[] = {"exp", "sigmoid", "tanh", "log", "softmax", "adam"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(s->kind, kinds[i]))
			continue;
		struct vector *p = memory(sizeof *p);
		strcpy(p->kind, s->kind);
		p->n = (size_t)s->n;
		p->x = d->x, p->start = d->w, p->g = d->g;
		if (strcmp(s->kind, "adam")) {
			p->y = memory(p->n * sizeof *p->y);
		} else {
			p->w = memory(p->n * sizeof *p->w);
			p->m = memory(p->n * sizeof *p->m);
			p->v = memory(p->n * sizeof *p->v);
		}
		*t = (struct task){p, reset, run, result, drop};
		return 1;
	}
	return 0;
}
