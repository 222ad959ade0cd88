/* N tasks put four keys each into a table; keys of tasks 11 and up collide. */
#ifndef N
#define N 15
#endif
byte table[128];
#ifdef MUTEX
bool held[128];
#endif

active [N] proctype inserter()
{
  byte m = 1;
  byte w, h;
  bool done;
  do
  :: m > 4 -> break
  :: else ->
     w = 11 * m + _pid;
     h = (7 * w) % 128;
     done = false;
     do
     :: done -> break
     :: else ->
#ifdef MUTEX
        atomic { !held[h] -> held[h] = true };
        done = (table[h] == 0);
        if
        :: done -> table[h] = w
        :: else
        fi;
        held[h] = false;
        if
        :: !done -> h = (h + 1) % 128
        :: else
        fi
#else
        atomic {
          if
          :: table[h] == 0 -> table[h] = w; done = true
          :: else -> h = (h + 1) % 128
          fi
        }
#endif
     od;
     m++
  od
}
