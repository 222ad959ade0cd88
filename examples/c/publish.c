// A structure is made known before it is filled: its reader may find what was there before.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct config {
	int size;
	int limit;
};

static _Atomic(struct config *) current;

static void *writer(void *unused)
{
	struct config *config = calloc(1, sizeof(*config));

	config->size = 4096;
	atomic_store(&current, config);
	config->limit = 16;
	return NULL;
}

static void *reader(void *unused)
{
	struct config *config = atomic_load(&current);

	if (config)
		assert(config->limit == 16);
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	pthread_create(&threads[0], NULL, writer, NULL);
	pthread_create(&threads[1], NULL, reader, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	free(current);
	return 0;
}
