// Shows the changes of the checked classes that hold the searched text.
const boxes = [...document.querySelectorAll('input[type=checkbox]')];
const search = document.querySelector('input[type=search]');
const articles = [...document.querySelectorAll('article')];
function show() {
  const classes = boxes.filter((box) => box.checked).map((box) => box.value);
  const text = search.value.toLowerCase();
  let shown = 0;
  for (const article of articles) {
    const wanted = classes.includes(article.className) && article.textContent.toLowerCase().includes(text);
    article.hidden = !wanted;
    shown += wanted ? 1 : 0;
  }
  document.querySelector('.nothing').hidden = shown > 0;
}
boxes.forEach((box) => box.addEventListener('change', show));
search.addEventListener('input', show);
show();
