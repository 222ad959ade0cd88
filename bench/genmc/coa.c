#include "tasks.h"

static atomic_int x, y, z;

static void *over_y(void *arg)
{
	put(x, 1);
	get(y);
	get(x);
	return NULL;
}

static void *over_z(void *arg)
{
	put(x, 2);
	get(z);
	get(x);
	return NULL;
}

static void *writer(void *arg)
{
	put(y, number(arg));
	put(z, number(arg));
	return NULL;
}

int main(void)
{
	start(over_y, 1);
	start(over_z, 1);
	start(writer, N - 1);
}
