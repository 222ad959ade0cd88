#include "tasks.h"

static atomic_int x;

static void *writer(void *arg)
{
	put(x, 2);
	return NULL;
}

static void *swapper(void *arg)
{
	swapped(&x, 2, 3);
	return NULL;
}

int main(void)
{
	start(writer, 1);
	start(swapper, N);
}
