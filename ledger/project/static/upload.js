"use strict";
// How much of a file is sent; without this script the form is sent all the same.
const form = document.querySelector("form[data-progress]");
const bar = form.querySelector("progress");
const said = form.querySelector("[role=status]");

function follow(event) {
  bar.max = event.total;
  bar.value = event.loaded;
  said.textContent = `${Math.floor((100 * event.loaded) / event.total)} %`;
}

function show(request) {
  if (request.status < 400) {
    window.location.assign(request.responseURL);
    return;
  }
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("main").replaceWith(answer.querySelector("main"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  bar.parentElement.hidden = false;
  request.upload.addEventListener("progress", follow);
  request.addEventListener("load", () => show(request));
  request.addEventListener("error", () => {
    said.textContent = "The connection broke. Send the file again.";
  });
  request.open("POST", window.location.href);
  request.send(new FormData(form));
});
