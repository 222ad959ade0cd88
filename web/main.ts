// The page. Its views are listed in app/views.ts: a view is a folder with an index.ts that exports `create`,
// loaded when it is first shown. Where somebody is, is in the fragment (app/route.ts): a view shows what the
// route says, and moves by `app.go`. What takes time is asked of a worker (worker/).
import { makeApp } from './app/app.ts';
import { must } from './app/dom.ts';
import { offline } from './app/offline.ts';
import { onRoute, routeNow } from './app/route.ts';
import { showing } from './app/views.ts';

const app = makeApp(must('#status', HTMLElement));
const show = showing(must('#main', HTMLElement), app);

must('#skip', HTMLElement).addEventListener('click', (event) => {
  // The fragment says where somebody is: it is no place for an anchor.
  event.preventDefault();
  must('#main', HTMLElement).focus();
});

onRoute(show);
void show(routeNow());
offline();
