#include "tasks.h"

static atomic_int cells[4];

static void *read_all(void *arg)
{
	for (int i = 0; i < 7; i++)
		get(cells[i % 4]);
	return NULL;
}

static void *read_three(void *arg)
{
	for (int i = 0; i < 3; i++)
		get(cells[i]);
	return NULL;
}

static void *writer(void *arg)
{
	int first = 2 * number(arg);

	for (int value = 1; value <= 3; value++) {
		put(cells[first], value);
		put(cells[first + 1], value);
	}
	return NULL;
}

int main(void)
{
	start(read_all, 1);
	start(read_three, 1);
	start(writer, 2);
}
