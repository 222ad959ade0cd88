/* One task writes, N tasks read. */
#ifndef N
#define N 13
#endif
byte x;
byte seen[N];

active proctype writer() { x = 1 }
active [N] proctype reader() { seen[_pid - 1] = x }
