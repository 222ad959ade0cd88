/* N writers build a chain; one scanner looks for its end. */
#ifndef N
#define N 15
#endif
byte a[N + 1];

active proctype scanner()
{
  byte i = N;
  byte seen;
  do
  :: seen = a[i];
     if
     :: seen == 0 -> break
     :: else -> i--
     fi
  od
}

active [N] proctype writer()
{
  byte seen;
  seen = a[_pid - 1];
  a[_pid] = seen + 1
}
