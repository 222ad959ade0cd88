/* Task A configures a device; each prober finds it unfinished and takes the shared object away. */
#ifndef N
#define N 4
#endif
byte dev, ops;
byte fwspec[N + 3], alive[N + 3];
bool held;

active proctype configure()
{
  byte p, q;
  p = dev;
  if
  :: p == 0 -> alive[1] = 1; dev = 1
  :: else
  fi;
  p = dev;
  if
  :: p == 0 -> goto end_crash
  :: else
  fi;
  fwspec[p] = 1;
  ops = 1;
  p = dev;
  if
  :: p == 0 -> goto end_crash
  :: else
  fi;
  q = fwspec[p];
  q = ops;
end_crash:
  skip
}

active [N] proctype prober()
{
  byte p, ok;
  atomic { !held -> held = true };
  p = dev;
  if
  :: p == 0 -> p = _pid + 1; alive[p] = 1; dev = p
  :: else
  fi;
  ok = fwspec[p];
  if
  :: ok != 0 -> ok = ops
  :: else
  fi;
  if
  :: ok == 0 -> alive[p] = 0; dev = 0
  :: else
  fi;
  held = false
}
