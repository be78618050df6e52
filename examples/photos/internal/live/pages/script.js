const list = document.querySelector("#decisions");
const state = document.querySelector("#state");
const feed = new EventSource("/events?after=" + list.dataset.last);
const say = (text, live) => { state.textContent = text; state.className = live ? "live" : ""; };
feed.onopen = () => say("Live, newest first", true);
feed.onerror = () => say("Not connected, trying again", false);
feed.onmessage = event => {
  list.insertAdjacentHTML("afterbegin", event.data);
  while (list.children.length > list.dataset.most) list.lastElementChild.remove();
};
