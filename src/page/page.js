'use strict';
// The page can be read without this script. It adds the search, opens what a link leads to, moves between the areas of
// the map, shows the lines of one repository, and draws the modules around one that is opened.
(() => {
  const byId = (id) => document.getElementById(id);

  // Opens everything around an element, and moves there.
  const open = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (at.tagName === 'DETAILS') at.open = true;
    }
    const module = element.closest('details.m');
    const hidden = module && module.classList.contains('off') && byId('only');
    if (hidden) hidden.checked = false;
    const target = module ? module.firstElementChild : element;
    if (module) target.focus({ preventScroll: true });
    target.scrollIntoView();
    // What was never shown has a height only now.
    requestAnimationFrame(() => target.scrollIntoView());
  };

  const follow = () => {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      return;
    }
    const element = id && byId(id);
    if (element) open(element);
  };

  // A link to the place where one already is does not change the address, but must open it too.
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute('href') === location.hash) follow();
  });
  addEventListener('hashchange', follow);

  // The search.
  const modules = Array.from(document.querySelectorAll('details.m'), (details) => ({
    name: details.querySelector('b').textContent,
    home: details.parentElement.querySelector('h3').firstChild.textContent.trim(),
    anchor: details.lastElementChild.id,
  }));
  const most = 12;
  const [find, input, hits, said] = ['find', 'q', 'hits', 'said'].map(byId);
  find.hidden = false;

  // The smaller, the better; none if a word is missing.
  const rank = (module, words) => {
    const text = `${module.name} ${module.home}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) return null;
    const at = module.name.toLowerCase().indexOf(words[0]);
    return (at < 0 ? 1000 : at) + module.name.length / 100;
  };

  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length === 0 ? [] : modules
      .map((module) => ({ module, rank: rank(module, words) }))
      .filter((hit) => hit.rank !== null)
      .sort((a, b) => a.rank - b.rank);
    hits.replaceChildren(...found.slice(0, most).map(({ module }) => {
      const [item, link, home] = ['li', 'a', 'small'].map((tag) => document.createElement(tag));
      link.href = `#${encodeURIComponent(module.anchor)}`;
      link.textContent = module.name;
      home.textContent = module.home;
      link.append(' ', home);
      item.append(link);
      return item;
    }));
    if (found.length > most) {
      const item = document.createElement('li');
      item.className = 'soft';
      item.textContent = `and ${found.length - most} more`;
      hits.append(item);
    }
    hits.hidden = words.length === 0;
    if (found.length === 0 && words.length > 0) {
      const item = document.createElement('li');
      item.className = 'soft';
      item.textContent = 'No module has such a name.';
      hits.append(item);
    }
    said.textContent = words.length === 0 ? '' : `${found.length} found`;
  };

  const close = () => {
    hits.hidden = true;
  };

  input.addEventListener('input', search);
  input.addEventListener('focus', search);
  find.addEventListener('focusout', (event) => {
    if (!find.contains(event.relatedTarget)) close();
  });
  hits.addEventListener('click', (event) => {
    if (event.target.closest('a')) close();
  });
  find.addEventListener('keydown', (event) => {
    const links = [...hits.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (event.key === 'Enter' && at < 0 && links.length > 0) {
      location.hash = links[0].getAttribute('href');
      follow();
      close();
    } else if (event.key === 'ArrowDown' && links.length > 0) {
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === 'ArrowUp' && at >= 0) {
      (at === 0 ? input : links[at - 1]).focus();
    } else if (event.key === 'Escape') {
      input.focus();
      input.value = '';
      search();
    } else {
      return;
    }
    event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === '/' && isPlain && !event.target.closest('input')) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });

  // The arrow keys go to the nearest area in their direction.
  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const middle = (element) => {
    const { left, top, width, height } = element.querySelector('rect').getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  for (const map of document.querySelectorAll('svg.map')) {
    map.addEventListener('keydown', (event) => {
      const [x, y] = directions[event.key] || [];
      const here = event.target.closest('a');
      if (x === undefined || !here) return;
      const [left, top] = middle(here);
      let [best, nearest] = [Infinity, null];
      for (const link of map.querySelectorAll('a[tabindex]')) {
        const [a, b] = middle(link);
        const along = (a - left) * x + (b - top) * y;
        const aside = Math.abs((a - left) * y) + Math.abs((b - top) * x);
        if (link !== here && along > 1 && along + 2 * aside < best) [best, nearest] = [along + 2 * aside, link];
      }
      if (nearest) nearest.focus();
      event.preventDefault();
    });
  }

  // Shows which lines are those of one repository.
  const graph = byId('graph');
  if (graph) {
    const show = (event) => {
      const node = event.target.closest && event.target.closest('a');
      const at = event.type === 'focusout' || event.type === 'pointerout' ? null : node && node.dataset.node;
      graph.classList.toggle('one', Boolean(at));
      for (const line of graph.querySelectorAll('.line')) {
        line.classList.toggle('own', line.dataset.from === at || line.dataset.to === at);
      }
    };
    for (const type of ['pointerover', 'pointerout', 'focusin', 'focusout']) graph.addEventListener(type, show);
  }

  // Draws the modules around one that is opened, from its lists: what needs it, the module, what it needs.
  const tip = 7;
  const [row, height, gap] = [30, 24, 72];
  const shape = (name, attributes, ...content) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };
  const shortened = (name) => (name.length > 32 ? `${name.slice(0, 31)}…` : name);
  // The width of a name, in the font of the style sheet. The module itself is bold.
  const pen = document.createElement('canvas').getContext('2d');
  const wide = ({ name, kind }) => {
    pen.font = `${kind === 'it' ? 600 : 400} 13px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(shortened(name)).width;
  };
  const column = (nodes) => 16 + Math.ceil(Math.max(0, ...nodes.map(wide)));

  // The modules of a list. Behind the first ones, only their number.
  const around = (near, list) => {
    const items = [...near.querySelectorAll(`${list} li`)];
    const nodes = items.slice(0, most).map((item) => {
      const link = item.querySelector('a');
      const name = (link || item).firstChild.textContent.trim();
      return { name, href: link && link.getAttribute('href'), kind: item.className };
    });
    if (items.length > most) nodes.push({ name: `and ${items.length - most} more`, kind: 'more' });
    return nodes;
  };

  const draw = (near) => {
    const it = [{ name: near.querySelector('.it').textContent, kind: 'it' }];
    const columns = [around(near, '.from'), it, around(near, '.to')].filter((nodes) => nodes.length > 0);
    const rows = Math.max(...columns.map((nodes) => nodes.length));
    const middle = (rows * row) / 2;
    const [lines, boxes] = [[], []];
    let left = 1;
    let from = [];
    for (const [at, nodes] of columns.entries()) {
      const width = column(nodes);
      const to = [];
      for (const [place, { name, href, kind }] of nodes.entries()) {
        const y = middle + (place - (nodes.length - 1) / 2) * row;
        const box = shape('rect', { x: left, y: y - height / 2, width, height, rx: 6 });
        const text = shape('text', { x: left + width / 2, y: y + 4.5, 'text-anchor': 'middle' }, shortened(name));
        const full = shape('title', {}, name);
        // The links of the lists are those for the keyboard.
        boxes.push(shape(href ? 'a' : 'g', { class: `node ${kind}`, ...(href && { href, tabindex: -1 }) }, full, box, text));
        for (const [x, start] of from) {
          const bend = (x + left) / 2;
          const line = { class: 'line', d: `M${x} ${start}C${bend} ${start} ${bend} ${y} ${left - tip} ${y}H${left - tip}` };
          lines.push(shape('path', line), shape('path', { class: 'tip', d: `M${left} ${y}l${-tip} -4v8z` }));
        }
        to.push([left + width, y]);
      }
      from = to;
      left += width + (at + 1 < columns.length ? gap : 1);
    }
    const size = { width: left, height: rows * row, viewBox: `0 0 ${left} ${rows * row}` };
    return shape('svg', { class: 'graph around', 'aria-hidden': true, ...size }, ...lines, ...boxes);
  };

  document.addEventListener('toggle', ({ target }) => {
    const near = target.matches('details.m[open]') && target.querySelector('.near');
    if (near && !near.previousElementSibling.matches('svg')) near.before(draw(near));
  }, true);

  follow();
})();
