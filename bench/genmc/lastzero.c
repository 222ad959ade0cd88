#include "tasks.h"

static atomic_int a[N + 1];

static void *scanner(void *arg)
{
	int i = N;

	while (get(a[i]) != 0)
		i--;
	return NULL;
}

static void *writer(void *arg)
{
	int j = number(arg) + 1;

	put(a[j], get(a[j - 1]) + 1);
	return NULL;
}

int main(void)
{
	start(scanner, 1);
	start(writer, N);
}
