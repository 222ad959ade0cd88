// Programs in C with a known bug, and such without, through clang as far as one is installed.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { crossCheck } from '../../src/explore/index.ts';
import { Module, programOf } from '../../src/llvm/index.ts';

const head = `#include <pthread.h>
#include <stdatomic.h>
#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <semaphore.h>
#include <threads.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#define T(f) static void *f(void *arg)
#define GO(t,f) pthread_create(&t,NULL,f,NULL)
#define J(t) pthread_join(t,NULL)
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int x, y;
static atomic_int ax, ay;
static pthread_t t1, t2, t3;
`;

/** What is wrong with it, or nothing; allocations that may fail; the program. */
const programs: readonly [name: string, kind: string, faults: number, text: string][] = [
  [
    'aba that is wrong',
    'property',
    0,
    `struct n {
	struct n*next;
};
static _Atomic(struct n*)top;
static struct n A,B;
T(a) {
	struct n*t=top;
	struct n*nx=t->next;
	atomic_compare_exchange_strong(&top,&t,nx);
	return 0;
}
T(b) {
	struct n*t=top;
	top=t->next;
	struct n*u=top;
	top=u->next;
	t->next=top;
	top=t;
	return 0;
}
int main(void) {
	A.next=&B;
	B.next=0;
	top=&A;
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	assert(top!=&B);
	return 0;
}`,
  ],
  [
    'abba that is wrong',
    'deadlock',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&n);
	pthread_mutex_unlock(&n);
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&n);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&n);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'bank that is wrong',
    'property',
    0,
    `static int A=10,B=10;
T(a) {
	pthread_mutex_lock(&m);
	A-=5;
	pthread_mutex_unlock(&m);
	pthread_mutex_lock(&m);
	B+=5;
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&m);
	assert(A+B==20);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'barrier short that is wrong',
    'deadlock',
    0,
    `static pthread_barrier_t b;
T(a) {
	pthread_barrier_wait(&b);
	return 0;
}
int main(void) {
	pthread_barrier_init(&b,0,3);
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'c11 cnd that is wrong',
    'deadlock',
    0,
    `static mtx_t mx;
static cnd_t cv;
static int w(void*u) {
	mtx_lock(&mx);
	cnd_wait(&cv,&mx);
	mtx_unlock(&mx);
	return 0;
}
int main(void) {
	thrd_t a;
	mtx_init(&mx,mtx_plain);
	cnd_init(&cv);
	thrd_create(&a,w,0);
	cnd_signal(&cv);
	thrd_join(a,0);
	return 0;
}`,
  ],
  [
    'c11 race that is wrong',
    'data-race',
    0,
    `static int w(void*u) {
	x++;
	return 0;
}
int main(void) {
	thrd_t a,b;
	thrd_create(&a,w,0);
	thrd_create(&b,w,0);
	thrd_join(a,0);
	thrd_join(b,0);
	return 0;
}`,
  ],
  [
    'cond if that is wrong',
    'property',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	if(!x)pthread_cond_wait(&c,&m);
	assert(x>0);
	x--;
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&m);
	x=1;
	pthread_cond_broadcast(&c);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	GO(t3,b);
	J(t1);
	J(t2);
	J(t3);
	return 0;
}`,
  ],
  [
    'cond lost that is wrong',
    'deadlock',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	while(!ax)pthread_cond_wait(&c,&m);
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	ax=1;
	pthread_cond_signal(&c);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'dcl that is wrong',
    'data-race',
    0,
    `static int*q;
T(a) {
	if(!q) {
		pthread_mutex_lock(&m);
		if(!q) {
			int*v=malloc(4);
			*v=7;
			q=v;
		}
		pthread_mutex_unlock(&m);
	}
	assert(*q==7);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	free(q);
	return 0;
}`,
  ],
  [
    'destroy held that is wrong',
    'use-after-free',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	x++;
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	pthread_mutex_destroy(&m);
	J(t1);
	return 0;
}`,
  ],
  [
    'div that is wrong',
    'property',
    0,
    `static int z;
int main(void) {
	return 5/z;
}`,
  ],
  [
    'double join that is wrong',
    'use-after-free',
    0,
    `T(a) {
	return 0;
}
int main(void) {
	GO(t1,a);
	J(t1);
	J(t1);
	return 0;
}`,
  ],
  [
    'flag array oob that is wrong',
    'out-of-bounds',
    0,
    `static int v[4];
int main(void) {
	for(int i=0;i<=4;i++)v[i]=i;
	return 0;
}`,
  ],
  [
    'fnptr null that is wrong',
    'null-deref',
    0,
    `static void(*f)(void);
int main(void) {
	f();
	return 0;
}`,
  ],
  [
    'goto lock that is wrong',
    'lockdep',
    0,
    `static int f(int k) {
	pthread_mutex_lock(&m);
	if(k)goto out;
	pthread_mutex_unlock(&m);
	return 0;
	out:return 1;
}
T(a) {
	f(1);
	return 0;
}
int main(void) {
	GO(t1,a);
	J(t1);
	f(0);
	return 0;
}`,
  ],
  [
    'join detached that is wrong',
    'use-after-free',
    0,
    `T(a) {
	return 0;
}
int main(void) {
	GO(t1,a);
	pthread_detach(t1);
	J(t1);
	return 0;
}`,
  ],
  [
    'leak racy init that is wrong',
    'leak',
    0,
    `static _Atomic(int*) q;
T(a) {
	if(!q) {
		q=malloc(4);
	}
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	free(q);
	return 0;
}`,
  ],
  [
    'loop arg that is wrong',
    'property',
    0,
    `static atomic_int seen[3];
T(a) {
	int i=*(atomic_int*)arg;
	if(i<3)seen[i]=1;
	return 0;
}
int main(void) {
	pthread_t t[2];
	atomic_int i;
	for(i=0;i<2;i++)pthread_create(&t[i],0,a,&i);
	for(int j=0;j<2;j++)J(t[j]);
	assert(seen[0]&&seen[1]);
	return 0;
}`,
  ],
  [
    'lost update that is wrong',
    'property',
    0,
    `T(a) {
	x++;
	return 0;
}
T(b) {
	x++;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	assert(x==2);
	return 0;
}`,
  ],
  [
    'malloc null that is wrong',
    'null-deref',
    1,
    `int main(void) {
	int*q=malloc(4);
	*q=1;
	free(q);
	return 0;
}`,
  ],
  [
    'mutex copy that is wrong',
    'property',
    0,
    `T(a) {
	pthread_mutex_t k;
	pthread_mutex_init(&k,0);
	pthread_mutex_lock(&k);
	int v=ax;
	ax=v+1;
	pthread_mutex_unlock(&k);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	assert(ax==2);
	return 0;
}`,
  ],
  [
    'once recursive that is wrong',
    'deadlock',
    0,
    `static pthread_once_t o=PTHREAD_ONCE_INIT;
static void f(void) {
	pthread_once(&o,f);
}
int main(void) {
	pthread_once(&o,f);
	return 0;
}`,
  ],
  [
    'peterson noflag that is wrong',
    'property',
    0,
    `static atomic_int turn;
T(a) {
	while(turn!=0);
	ax++;
	assert(ax==1);
	ax--;
	return 0;
}
T(b) {
	ax++;
	assert(ax==1);
	ax--;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'printf race that is wrong',
    'data-race',
    0,
    `T(a) {
	printf("%d\\n",x);
	return 0;
}
T(b) {
	x=1;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'printf str that is wrong',
    'data-race',
    0,
    `static char s[8]="abc";
T(a) {
	printf("%s\\n",s);
	return 0;
}
T(b) {
	s[1]='x';
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'qsort cmp that is wrong',
    'property',
    0,
    `static int cmp(const void*a,const void*b) {
	return *(const int*)b-*(const int*)a;
}
int main(void) {
	int v[3]={3,1,2};
	qsort(v,3,4,cmp);
	assert(v[0]==1);
	return 0;
}`,
  ],
  [
    'realloc uaf that is wrong',
    'use-after-free',
    0,
    `int main(void) {
	int*a=malloc(4);
	*a=1;
	int*b=realloc(a,64);
	b[0]=2;
	int r=*a;
	free(b);
	return r;
}`,
  ],
  [
    'recursive missing that is wrong',
    'deadlock',
    0,
    `static void f(int k) {
	pthread_mutex_lock(&m);
	if(k)f(k-1);
	pthread_mutex_unlock(&m);
}
int main(void) {
	f(2);
	return 0;
}`,
  ],
  [
    'rw upgrade that is wrong',
    'deadlock',
    0,
    `static pthread_rwlock_t rw;
int main(void) {
	pthread_rwlock_init(&rw,0);
	pthread_rwlock_rdlock(&rw);
	pthread_rwlock_wrlock(&rw);
	return 0;
}`,
  ],
  [
    'rw write under rd that is wrong',
    'data-race',
    0,
    `static pthread_rwlock_t rw=PTHREAD_RWLOCK_INITIALIZER;
T(a) {
	pthread_rwlock_rdlock(&rw);
	x++;
	pthread_rwlock_unlock(&rw);
	return 0;
}
T(b) {
	pthread_rwlock_rdlock(&rw);
	x++;
	pthread_rwlock_unlock(&rw);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'self lock that is wrong',
    'deadlock',
    0,
    `int main(void) {
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&m);
	return 0;
}`,
  ],
  [
    'sem deadlock that is wrong',
    'deadlock',
    0,
    `static sem_t s;
int main(void) {
	sem_init(&s,0,1);
	sem_wait(&s);
	sem_wait(&s);
	return 0;
}`,
  ],
  [
    'sem order that is wrong',
    'property',
    0,
    `static sem_t s;
T(a) {
	sem_wait(&s);
	assert(x==1);
	return 0;
}
T(b) {
	sem_post(&s);
	x=1;
	return 0;
}
int main(void) {
	sem_init(&s,0,0);
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'sem trywait that is wrong',
    'property',
    0,
    `static sem_t s;
T(a) {
	if(sem_trywait(&s)==0)ax++;
	return 0;
}
int main(void) {
	sem_init(&s,0,1);
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	assert(ax==2);
	return 0;
}`,
  ],
  [
    'signal not broadcast that is wrong',
    'deadlock',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	while(!x)pthread_cond_wait(&c,&m);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	pthread_mutex_lock(&m);
	x=1;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'spin deadlock that is wrong',
    'deadlock',
    0,
    `T(a) {
	while(!ax);
	ay=1;
	return 0;
}
T(b) {
	while(!ay);
	ax=1;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'sprintf overflow that is wrong',
    'out-of-bounds',
    0,
    `int main(void) {
	char b[4];
	sprintf(b,"%d",12345);
	return b[0];
}`,
  ],
  [
    'stack arg that is wrong',
    'use-after-free',
    0,
    `T(a) {
	int*q=arg;
	*q=1;
	return 0;
}
static void start(void) {
	int v=0;
	pthread_create(&t1,0,a,&v);
}
int main(void) {
	start();
	J(t1);
	return 0;
}`,
  ],
  [
    'strcpy overflow that is wrong',
    'out-of-bounds',
    0,
    `int main(void) {
	char b[4];
	strcpy(b,"hello");
	return 0;
}`,
  ],
  [
    'timedlock that is wrong',
    'property',
    0,
    `T(a) {
	struct timespec ts={0};
	if(pthread_mutex_timedlock(&m,&ts))assert(0);
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'timedwait timeout that is wrong',
    'property',
    0,
    `T(a) {
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME,&ts);
	ts.tv_sec++;
	pthread_mutex_lock(&m);
	while(!x) {
		if(pthread_cond_timedwait(&c,&m,&ts)==ETIMEDOUT)break;
	}
	assert(x);
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&m);
	x=1;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'tls escape that is wrong',
    'use-after-free',
    0,
    `static _Thread_local int v;
static int*q;
T(a) {
	v=1;
	q=&v;
	return 0;
}
int main(void) {
	GO(t1,a);
	J(t1);
	*q=2;
	return *q;
}`,
  ],
  [
    'uninit branch that is wrong',
    'uninitialised',
    0,
    `int main(void) {
	int v;
	if(v)return 1;
	return 0;
}`,
  ],
  [
    'unlock unheld that is wrong',
    'lockdep',
    0,
    `int main(void) {
	pthread_mutex_unlock(&m);
	return 0;
}`,
  ],
  [
    'barrier that is right',
    '',
    0,
    `static pthread_barrier_t b;
static int v[2];
T(a) {
	v[0]=1;
	pthread_barrier_wait(&b);
	assert(v[1]==1);
	return 0;
}
T(d) {
	v[1]=1;
	pthread_barrier_wait(&b);
	assert(v[0]==1);
	return 0;
}
int main(void) {
	pthread_barrier_init(&b,0,2);
	GO(t1,a);
	GO(t2,d);
	J(t1);
	J(t2);
	pthread_barrier_destroy(&b);
	return 0;
}`,
  ],
  [
    'bitfield that is right',
    '',
    0,
    `struct f {
	unsigned a:3,b:5;
	int c;
};
static struct f g;
int main(void) {
	g.a=5;
	g.b=17;
	assert(g.a==5&&g.b==17);
	union {
		float f;
		unsigned u;
	}
	u;
	u.f=1.0f;
	assert(u.u==0x3f800000);
	return 0;
}`,
  ],
  [
    'c11 once tss that is right',
    '',
    0,
    `static tss_t k;
static once_flag f=ONCE_FLAG_INIT;
static void in(void) {
	tss_create(&k,free);
	x++;
}
static int w(void*u) {
	call_once(&f,in);
	tss_set(k,malloc(1));
	return 0;
}
int main(void) {
	thrd_t a,b;
	thrd_create(&a,w,0);
	thrd_create(&b,w,0);
	thrd_join(a,0);
	thrd_join(b,0);
	assert(x==1);
	return 0;
}`,
  ],
  [
    'c11 that is right',
    '',
    0,
    `static mtx_t mx;
static int w(void*u) {
	mtx_lock(&mx);
	x++;
	mtx_unlock(&mx);
	return 5;
}
int main(void) {
	thrd_t a,b;
	int r;
	mtx_init(&mx,mtx_plain);
	thrd_create(&a,w,0);
	thrd_create(&b,w,0);
	thrd_join(a,&r);
	assert(r==5);
	thrd_join(b,0);
	assert(x==2);
	mtx_destroy(&mx);
	return 0;
}`,
  ],
  [
    'dcl atomic that is right',
    '',
    0,
    `static _Atomic(int*)q;
T(a) {
	int*v=q;
	if(!v) {
		pthread_mutex_lock(&m);
		v=q;
		if(!v) {
			v=malloc(4);
			*v=7;
			q=v;
		}
		pthread_mutex_unlock(&m);
	}
	assert(*v==7);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	free(q);
	return 0;
}`,
  ],
  [
    'errno that is right',
    '',
    0,
    `static sem_t s;
T(a) {
	errno=7;
	return 0;
}
int main(void) {
	sem_init(&s,0,0);
	GO(t1,a);
	assert(sem_trywait(&s)==-1&&errno==EAGAIN);
	J(t1);
	assert(errno==EAGAIN);
	return 0;
}`,
  ],
  [
    'errorcheck that is right',
    '',
    0,
    `static pthread_mutex_t r;
int main(void) {
	pthread_mutexattr_t at;
	pthread_mutexattr_init(&at);
	pthread_mutexattr_settype(&at,PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&r,&at);
	assert(pthread_mutex_lock(&r)==0);
	assert(pthread_mutex_lock(&r)==EDEADLK);
	assert(pthread_mutex_unlock(&r)==0);
	assert(pthread_mutex_unlock(&r)==EPERM);
	return 0;
}`,
  ],
  [
    'exit thread that is right',
    '',
    0,
    `T(a) {
	exit(0);
	return 0;
}
int main(void) {
	GO(t1,a);
	J(t1);
	assert(0);
	return 0;
}`,
  ],
  [
    'exit that is right',
    '',
    0,
    `T(a) {
	for(;;) {
		pthread_mutex_lock(&m);
		while(!x)pthread_cond_wait(&c,&m);
		x=0;
		pthread_mutex_unlock(&m);
	}
	return 0;
}
int main(void) {
	GO(t1,a);
	exit(0);
}`,
  ],
  [
    'lock that is right',
    '',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	x++;
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	assert(x==2);
	return 0;
}`,
  ],
  [
    'main returns that is right',
    '',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	while(!x)pthread_cond_wait(&c,&m);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	pthread_detach(t1);
	return 0;
}`,
  ],
  [
    'malloc checked that is right',
    '',
    1,
    `int main(void) {
	int*q=malloc(4);
	if(!q)return 1;
	*q=1;
	free(q);
	return 0;
}`,
  ],
  [
    'peterson that is right',
    '',
    0,
    `static atomic_int f0,f1,turn;
T(a) {
	f0=1;
	turn=1;
	while(f1&&turn==1);
	x++;
	f0=0;
	return 0;
}
T(b) {
	f1=1;
	turn=0;
	while(f0&&turn==0);
	x++;
	f1=0;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	assert(x==2);
	return 0;
}`,
  ],
  [
    'poll lock that is right',
    '',
    0,
    `T(a) {
	for(;;) {
		pthread_mutex_lock(&m);
		int v=x;
		pthread_mutex_unlock(&m);
		if(v)break;
		usleep(10);
	}
	return 0;
}
T(b) {
	pthread_mutex_lock(&m);
	x=1;
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'pthread exit main that is right',
    '',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	x++;
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	pthread_exit(0);
}`,
  ],
  [
    'qsort that is right',
    '',
    0,
    `static int cmp(const void*a,const void*b) {
	int p=*(const int*)a,q=*(const int*)b;
	return p<q?-1:p>q;
}
int main(void) {
	int v[5]={3,-1,2,9,0};
	qsort(v,5,sizeof(int),cmp);
	for(int i=1;i<5;i++)assert(v[i-1]<=v[i]);
	int k=9;
	int*f=bsearch(&k,v,5,sizeof(int),cmp);
	assert(f==&v[4]);
	k=5;
	assert(!bsearch(&k,v,5,sizeof(int),cmp));
	return 0;
}`,
  ],
  [
    'queue that is right',
    '',
    0,
    `static int q[2],cnt;
static pthread_cond_t ne=PTHREAD_COND_INITIALIZER,nf=PTHREAD_COND_INITIALIZER;
T(a) {
	for(int i=1;i<=2;i++) {
		pthread_mutex_lock(&m);
		while(cnt==1)pthread_cond_wait(&nf,&m);
		q[cnt++]=i;
		pthread_cond_signal(&ne);
		pthread_mutex_unlock(&m);
	}
	return 0;
}
T(b) {
	int s=0;
	for(int i=0;i<2;i++) {
		pthread_mutex_lock(&m);
		while(!cnt)pthread_cond_wait(&ne,&m);
		s+=q[--cnt];
		pthread_cond_signal(&nf);
		pthread_mutex_unlock(&m);
	}
	assert(s==3);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'recursive that is right',
    '',
    0,
    `static pthread_mutex_t r;
T(a) {
	pthread_mutex_lock(&r);
	pthread_mutex_lock(&r);
	x++;
	pthread_mutex_unlock(&r);
	x++;
	pthread_mutex_unlock(&r);
	return 0;
}
int main(void) {
	pthread_mutexattr_t at;
	pthread_mutexattr_init(&at);
	pthread_mutexattr_settype(&at,PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&r,&at);
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	assert(x==4);
	pthread_mutex_destroy(&r);
	return 0;
}`,
  ],
  [
    'rw that is right',
    '',
    0,
    `static pthread_rwlock_t rw=PTHREAD_RWLOCK_INITIALIZER;
T(a) {
	pthread_rwlock_rdlock(&rw);
	int v=x;
	assert(v==0||v==2);
	pthread_rwlock_unlock(&rw);
	return 0;
}
T(b) {
	pthread_rwlock_wrlock(&rw);
	x++;
	x++;
	pthread_rwlock_unlock(&rw);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	GO(t3,a);
	J(t1);
	J(t2);
	J(t3);
	return 0;
}`,
  ],
  [
    'sem mutex that is right',
    '',
    0,
    `static sem_t s;
T(a) {
	sem_wait(&s);
	x++;
	sem_post(&s);
	return 0;
}
int main(void) {
	sem_init(&s,0,1);
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	assert(x==2);
	return 0;
}`,
  ],
  [
    'sem that is right',
    '',
    0,
    `static sem_t s;
T(a) {
	sem_wait(&s);
	assert(x==1);
	return 0;
}
T(b) {
	x=1;
	sem_post(&s);
	return 0;
}
int main(void) {
	sem_init(&s,0,0);
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	sem_destroy(&s);
	return 0;
}`,
  ],
  [
    'seqlock that is right',
    '',
    0,
    `static atomic_int s,d1,d2;
T(a) {
	int q,u,v;
	do {
		q=s;
		u=d1;
		v=d2;
	}while((q&1)||q!=s);
	assert(u==v);
	return 0;
}
T(b) {
	s++;
	d1=1;
	d2=1;
	s++;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'snprintf that is right',
    '',
    0,
    `int main(void) {
	char b[16];
	int n=snprintf(b,sizeof b,"%s-%03d|%x","ab",7,255);
	assert(n==9);
	assert(!strcmp(b,"ab-007|ff"));
	n=snprintf(b,4,"%s","abcdef");
	assert(n==6&&!strcmp(b,"abc"));
	char*d=strdup(b);
	strcat(b,"Z");
	assert(strchr(b,'Z')==b+3);
	free(d);
	return 0;
}`,
  ],
  [
    'struct that is right',
    '',
    0,
    `struct p {
	long a,b,c;
	int d[4];
};
static struct p mk(int k) {
	struct p r={k,k+1,k+2,{1,2,3,k}};
	return r;
}
static long sm(struct p q) {
	q.a++;
	return q.a+q.b+q.c+q.d[3];
}
int main(void) {
	struct p v=mk(4);
	assert(sm(v)==5+5+6+4);
	assert(v.a==4);
	return 0;
}`,
  ],
  [
    'ticket that is right',
    '',
    0,
    `static atomic_int next,now;
T(a) {
	int t=atomic_fetch_add(&next,1);
	while(now!=t);
	x++;
	now=t+1;
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,a);
	GO(t3,a);
	J(t1);
	J(t2);
	J(t3);
	assert(x==3);
	return 0;
}`,
  ],
  [
    'timedlock avoid that is right',
    '',
    0,
    `T(a) {
	pthread_mutex_lock(&m);
	struct timespec ts={0};
	if(pthread_mutex_timedlock(&n,&ts)==0)pthread_mutex_unlock(&n);
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&n);
	struct timespec ts={0};
	if(pthread_mutex_timedlock(&m,&ts)==0)pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&n);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'timedwait alone that is right',
    '',
    0,
    `int main(void) {
	struct timespec ts={0};
	pthread_mutex_lock(&m);
	assert(pthread_cond_timedwait(&c,&m,&ts)==ETIMEDOUT);
	pthread_mutex_unlock(&m);
	return 0;
}`,
  ],
  [
    'timedwait that is right',
    '',
    0,
    `T(a) {
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME,&ts);
	ts.tv_sec++;
	pthread_mutex_lock(&m);
	while(!x) {
		int r=pthread_cond_timedwait(&c,&m,&ts);
		assert(r==0||r==ETIMEDOUT);
		if(r==ETIMEDOUT)break;
	}
	pthread_mutex_unlock(&m);
	return 0;
}
T(b) {
	pthread_mutex_lock(&m);
	x=1;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	return 0;
}
int main(void) {
	GO(t1,a);
	GO(t2,b);
	J(t1);
	J(t2);
	return 0;
}`,
  ],
  [
    'tsd that is right',
    '',
    0,
    `static pthread_key_t k;
static atomic_int freed;
static void d(void*v) {
	free(v);
	freed++;
}
T(a) {
	pthread_setspecific(k,malloc(4));
	*(int*)pthread_getspecific(k)=3;
	assert(*(int*)pthread_getspecific(k)==3);
	return 0;
}
int main(void) {
	pthread_key_create(&k,d);
	GO(t1,a);
	GO(t2,a);
	J(t1);
	J(t2);
	assert(freed==2);
	return 0;
}`,
  ],
];

const flags = ['-g', '-O1', '-Xclang', '-disable-llvm-passes', '-S', '-emit-llvm', '-w', '-x', 'c'];
const compilers = ['clang-19', 'clang-16', 'clang-14', 'clang'].filter(
  (program) => spawnSync(program, ['--version']).status === 0,
);
const [clang = ''] = compilers;

test(clang === '' ? 'not tried: no clang is installed' : 'a clang is there', () => {
  expect(compilers.every((program) => program.startsWith('clang'))).toBe(true);
});

test.skipIf(clang === '').each(programs)('%s', (name, kind, faults, text) => {
  const run = spawnSync(clang, [...flags, '-', '-o', '-'], {
    encoding: 'latin1',
    input: head + text,
  });
  expect(run.stderr).toBe('');
  const program = programOf(name, [new Module(run.stdout, `${name}.c`)], { faults });
  const { outcome, differences } = crossCheck(program, { worlds: 'compared' });
  const kinds = outcome.bugs.map((bug) => bug.kind);
  if (kind === '') expect(kinds).toEqual([]);
  else expect(kinds).toContain(kind);
  expect([outcome.complete, differences]).toEqual([true, []]);
});
