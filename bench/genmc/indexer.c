#include "tasks.h"

#define SIZE 128

static atomic_int table[SIZE];

#ifdef MUTEX
static pthread_mutex_t locks[SIZE];

static int taken(int slot, int value)
{
	pthread_mutex_lock(&locks[slot]);
	int free = get(table[slot]) == 0;

	if (free)
		put(table[slot], value);
	pthread_mutex_unlock(&locks[slot]);
	return free;
}
#else
static int taken(int slot, int value)
{
	return swapped(&table[slot], 0, value);
}
#endif

static void *inserter(void *arg)
{
	for (int m = 1; m <= 4; m++) {
		int key = 11 * m + number(arg);
		int slot = 7 * key % SIZE;

		while (!taken(slot, key))
			slot = (slot + 1) % SIZE;
	}
	return NULL;
}

int main(void)
{
#ifdef MUTEX
	for (int i = 0; i < SIZE; i++)
		pthread_mutex_init(&locks[i], NULL);
#endif
	start(inserter, N);
}
