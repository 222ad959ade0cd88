#include "tasks.h"

static atomic_int x;

static void *swapper(void *arg)
{
	swapped(&x, number(arg), number(arg) + 1);
	return NULL;
}

int main(void)
{
	start(swapper, N);
}
