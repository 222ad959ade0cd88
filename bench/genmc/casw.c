#include "tasks.h"

static atomic_int x;

static void *taker(void *arg)
{
	swapped(&x, 0, 1);
	put(x, number(arg) + 3);
	return NULL;
}

int main(void)
{
	start(taker, N);
}
