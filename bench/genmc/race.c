/* Task A configures a device; each prober finds it unfinished and takes the shared object away. */
#include "tasks.h"

static pthread_mutex_t lock;
static atomic_int dev, ops;
static atomic_int fwspec[N + 3], alive[N + 3];

static void *configure(void *arg)
{
	int p = get(dev);

	if (p == 0) {
		put(alive[1], 1);
		put(dev, 1);
	}
	p = get(dev);
	if (p == 0)
		return NULL;
	put(fwspec[p], 1);
	put(ops, 1);
	p = get(dev);
	if (p == 0)
		return NULL;
	get(fwspec[p]);
	get(ops);
	return NULL;
}

static void *prober(void *arg)
{
	pthread_mutex_lock(&lock);
	int p = get(dev);

	if (p == 0) {
		p = number(arg) + 2;
		put(alive[p], 1);
		put(dev, p);
	}
	int ok = get(fwspec[p]);

	if (ok)
		ok = get(ops);
	if (!ok) {
		put(alive[p], 0);
		put(dev, 0);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(void)
{
	pthread_mutex_init(&lock, NULL);
	start(configure, 1);
	start(prober, N);
}
