#include "tasks.h"

static atomic_int x;

static void *writer(void *arg)
{
	put(x, 1);
	return NULL;
}

static void *reader(void *arg)
{
	get(x);
	return NULL;
}

int main(void)
{
	start(writer, 1);
	start(reader, N);
}
