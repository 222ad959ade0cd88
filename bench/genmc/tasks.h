/* What all programs here need: tasks by their numbers, and loads and stores without ordering of their own. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define get(word) atomic_load(&(word))
#define put(word, value) atomic_store(&(word), (value))
#define number(arg) (*(int *)(arg))

static int numbers[64];
static int started;

static void start(void *(*body)(void *), int count)
{
	for (int i = 0; i < count; i++) {
		pthread_t thread;
		int *mine = &numbers[started++];

		*mine = i;
		if (pthread_create(&thread, NULL, body, mine))
			abort();
	}
}

/* Put a value in the place of another one. */
static int swapped(atomic_int *word, int from, int to)
{
	return atomic_compare_exchange_strong(word, &from, to);
}
