// Nets with OpenBLAS's matrix products, and loops that gcc vectorises between
// them.
#include "bench.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct net {
	struct spec s;
	const struct data *d;
	size_t params;
	float *all;          // the parameters, layer by layer
	float *w[8], *b[8];  // parts of all
	float *a[8], *da[8]; // what each layer gives, for all examples, and its gradient
	float *sum;          // over a batch, of a layer
	float loss;
};

void about(char *text, size_t size) { snprintf(text, size, "%s, %s", openblas_get_config(), openblas_get_corename()); }

static void reset(void *self) {
	struct net *n = self;
	memcpy(n->all, n->d->w, n->params * sizeof *n->all);
}

// Adds the vector b to each row of z and applies the activation.
static void activate(int kind, long rows, long cols, const float *restrict b, float *restrict z) {
	for (long e = 0; e < rows; e++, z += cols) {
		if (kind == 'r')
			for (long i = 0; i < cols; i++) {
				float v = z[i] + b[i];
				z[i] = v > 0 ? v : 0;
			}
		else if (kind == 's')
			for (long i = 0; i < cols; i++)
				z[i] = 1 / (1 + expf(-(z[i] + b[i])));
		else
			for (long i = 0; i < cols; i++)
				z[i] += b[i];
	}
}

static void forward(struct net *n) {
	long batch = n->s.batch;
	for (int l = 0; l < n->s.layers; l++) {
		long in = n->s.sizes[l], out = n->s.sizes[l + 1];
		if (batch == 1)
			cblas_sgemv(CblasRowMajor, CblasNoTrans, out, in, 1, n->w[l], in, n->a[l], 1, 0, n->a[l + 1], 1);
		else
			cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, out, in, 1, n->a[l], in, n->w[l], in, 0, n->a[l + 1], out);
		activate(l == n->s.layers - 1 ? 0 : n->s.act[0], batch, out, n->b[l], n->a[l + 1]);
	}
}

// The mean loss; da of the scores becomes its gradient.
static void loss(struct net *n) {
	long batch = n->s.batch, k = n->s.sizes[n->s.layers];
	float sum = 0, scale = 1.0f / batch;
	for (long e = 0; e < batch; e++) {
		const float *z = n->a[n->s.layers] + e * k;
		float *dz = n->da[n->s.layers] + e * k;
		if (n->s.loss[0] == 'b') {
			float t = n->d->t[e];
			sum += (z[0] > 0 ? z[0] : 0) + log1pf(expf(-fabsf(z[0]))) - t * z[0];
			dz[0] = scale * (1 / (1 + expf(-z[0])) - t);
			continue;
		}
		float greatest = z[0], total = 0;
		for (long i = 1; i < k; i++)
			greatest = z[i] > greatest ? z[i] : greatest;
		for (long i = 0; i < k; i++)
			total += dz[i] = expf(z[i] - greatest);
		for (long i = 0; i < k; i++)
			dz[i] *= scale / total;
		int32_t y = n->d->y[e];
		dz[y] -= scale;
		sum += greatest + logf(total) - z[y];
	}
	n->loss = sum * scale;
}

// Takes the derivative of the activation, whose results are a, into da.
static void derive(int kind, long size, const float *restrict a, float *restrict da) {
	if (kind == 'r')
		for (long i = 0; i < size; i++)
			da[i] = a[i] > 0 ? da[i] : 0;
	else
		for (long i = 0; i < size; i++)
			da[i] *= a[i] * (1 - a[i]);
}

// Goes back and makes the step on the way: a layer's weights change once
// nothing below needs them.
static void backward(struct net *n) {
	long batch = n->s.batch;
	for (int l = n->s.layers - 1; l >= 0; l--) {
		long in = n->s.sizes[l], out = n->s.sizes[l + 1];
		float *dz = n->da[l + 1];
		if (l > 0) {
			if (batch == 1)
				cblas_sgemv(CblasRowMajor, CblasTrans, out, in, 1, n->w[l], in, dz, 1, 0, n->da[l], 1);
			else
				cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, in, out, 1, dz, out, n->w[l], in, 0, n->da[l], in);
			derive(n->s.act[0], batch * in, n->a[l], n->da[l]);
		}
		if (batch == 1)
			cblas_sger(CblasRowMajor, out, in, -LR, dz, 1, n->a[l], 1, n->w[l], in);
		else
			cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, batch, -LR, dz, out, n->a[l], in, 1, n->w[l], in);
		// Summed first: one example is too little to move a bias by.
		float *restrict sum = n->sum, *restrict b = n->b[l];
		memcpy(sum, dz, (size_t)out * sizeof *sum);
		for (long e = 1; e < batch; e++)
			for (long i = 0; i < out; i++)
				sum[i] += dz[e * out + i];
		for (long i = 0; i < out; i++)
			b[i] -= LR * sum[i];
	}
}

static void run(void *self, long times) {
	struct net *n = self;
	while (times--) {
		forward(n);
		if (n->s.kind[0] == 's') {
			loss(n);
			backward(n);
		} else if (n->s.loss[0] == 'b') {
			float *z = n->a[n->s.layers];
			for (long e = 0; e < n->s.batch; e++)
				z[e] = 1 / (1 + expf(-z[e]));
		}
	}
}

static size_t result(void *self, double **out) {
	struct net *n = self;
	size_t at = 0, scores = (size_t)(n->s.batch * n->s.sizes[n->s.layers]);
	*out = memory((n->params + scores + 1) * sizeof **out);
	if (n->s.kind[0] == 's') {
		widen(*out, &at, &n->loss, 1);
		widen(*out, &at, n->all, n->params);
	} else {
		widen(*out, &at, n->a[n->s.layers], scores);
	}
	return at;
}

static void drop(void *self) {
	struct net *n = self;
	for (int l = 1; l <= n->s.layers; l++)
		free(n->a[l]), free(n->da[l]);
	free(n->all), free(n->sum), free(n);
}

int open_task(const struct spec *s, const struct data *d, struct task *t) {
	if (s->layers == 0)
		return 0;
	struct net *n = memory(sizeof *n);
	n->s = *s, n->d = d;
	for (int l = 0; l < s->layers; l++)
		n->params += (size_t)(s->sizes[l + 1] * (s->sizes[l] + 1));
	n->all = memory(n->params * sizeof *n->all);
	float *at = n->all;
	long widest = 0;
	n->a[0] = d->x;
	for (int l = 0; l < s->layers; l++) {
		long in = s->sizes[l], out = s->sizes[l + 1];
		n->w[l] = at, n->b[l] = at + in * out;
		at += out * (in + 1);
		widest = out > widest ? out : widest;
		n->a[l + 1] = memory((size_t)(s->batch * out) * sizeof(float));
		n->da[l + 1] = memory((size_t)(s->batch * out) * sizeof(float));
	}
	n->sum = memory((size_t)widest * sizeof *n->sum);
	*t = (struct task){n, reset, run, result, drop};
	return 1;
}
